package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

import dev.weir.core.Deadlines;
import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls to a {@link BucketStore}, as few times as possible: while a batch is on its
 * way, the calls that arrive wait and go together in the next one. Each slot has one
 * batch on its way, and more only while full ones wait. Thread-safe; never blocks for
 * longer than a moment.
 */
final class Batches {

	/** How many buckets one batch has at most: Redis does nothing else meanwhile. */
	static final int MAX_BUCKETS = 128;

	/** How many full batches of one slot are on their way at most. */
	static final int MAX_ON_THE_WAY = 4;

	private final BucketStore store;

	private final long timeoutMillis;

	private final Deadlines deadlines;

	private final LongConsumer clock;

	private final Map<Integer, Slot> slots = new ConcurrentHashMap<>();

	/**
	 * Creates batches.
	 * @param store decides
	 * @param timeout how long a call may take, with its wait
	 * @param clock receives the time of the store with each answer, in microseconds since
	 * 1970
	 */
	Batches(BucketStore store, Duration timeout, LongConsumer clock) {
		this.store = store;
		this.timeoutMillis = timeout.toMillis();
		this.clock = clock;
		this.deadlines = new Deadlines(timeout, (late) -> late.completeExceptionally(
				new StoreUnavailableException("The store did not decide within " + this.timeoutMillis + " ms")));
	}

	/**
	 * Sends a call.
	 * @param call the call
	 * @return completes with its buckets, or with {@link StoreUnavailableException}; then
	 * the call may have taken its tokens. Completes on any thread
	 */
	CompletableFuture<BucketStore.Result> send(BucketStore.Call call) {
		String key = call.takes().get(0).key();
		if (this.store.isAway(key)) {
			probe(call);
			return CompletableFuture.failedFuture(StoreUnavailableException.withoutAsking(
					"The store has not answered for a while; it is probed again every " + this.timeoutMillis + " ms"));
		}
		if (this.store.answersAtOnce()) {
			return ask(List.of(call)).thenApply((answer) -> {
				this.clock.accept(answer.micros());
				return result(answer, 0);
			});
		}
		Waiting waiting = new Waiting(call, new CompletableFuture<>());
		if (call.action() == BucketStore.Action.PAUSE) {
			// In a step of its own, so that each other call was decided before or after.
			this.store.ready().whenComplete((done, failure) -> this.deadlines.start(waiting.result));
			sendAlone(waiting);
			return waiting.result;
		}
		Slot slot = this.slots.computeIfAbsent(this.store.slot(key), (number) -> new Slot());
		send(slot, slot.add(waiting));
		if (!waiting.result.isDone()) {
			this.store.ready().whenComplete((done, failure) -> this.deadlines.start(waiting.result));
		}
		return waiting.result;
	}

	private static BucketStore.Result result(BucketStore.Answer answer, int call) {
		return new BucketStore.Result(answer.micros(), answer.results().get(call));
	}

	/**
	 * Finds out whether the store is back, with a call that changes nothing. No caller
	 * waits for it.
	 * @param call a call that would have been sent
	 */
	private void probe(BucketStore.Call call) {
		ask(List.of(new BucketStore.Call(BucketStore.Action.PEEK, call.takes())));
	}

	private CompletableFuture<BucketStore.Answer> ask(List<BucketStore.Call> calls) {
		return Stages.call(() -> this.store.decide(calls)).toCompletableFuture();
	}

	/**
	 * Sends a batch and the batches that follow it.
	 * @param slot their slot
	 * @param first the first batch, empty for none
	 */
	private void send(Slot slot, List<Waiting> first) {
		List<Waiting> batch = first;
		while (!batch.isEmpty()) {
			List<Waiting> sent = batch;
			long sentAt = System.nanoTime();
			CompletableFuture<BucketStore.Answer> answer = ask(sent.stream().map(Waiting::call).toList());
			if (!answer.isDone()) {
				answer.whenComplete((value, failure) -> send(slot, answered(slot, sent, sentAt, value, failure)));
				return;
			}
			batch = answer.handle((value, failure) -> answered(slot, sent, sentAt, value, failure)).join();
		}
	}

	private List<Waiting> answered(Slot slot, List<Waiting> batch, long sentAt, BucketStore.@Nullable Answer answer,
			@Nullable Throwable failure) {
		if (answer != null && answer.results().size() == batch.size()) {
			this.clock.accept(answer.micros());
			// Callers are answered first: those that come back at once go with the next
			// batch.
			for (int i = 0; i < batch.size(); i++) {
				batch.get(i).result.complete(result(answer, i));
			}
			// Lets these callers run before the next batch leaves, also on busy
			// processors: a quarter fewer calls of the store.
			Thread.yield();
			return slot.next();
		}
		Throwable reason = (failure != null) ? Stages.unwrap(failure)
				: new IllegalStateException("The store of the buckets completed a batch without an answer");
		if (reason instanceof BucketStore.NotTogetherException && batch.size() > 1) {
			batch.forEach(this::sendAlone);
			return slot.next();
		}
		List<Waiting> failing = new ArrayList<>(batch);
		if (reason instanceof StoreUnavailableException unavailable && (!unavailable.wasAsked() || isLate(sentAt))) {
			// The store is silent. The calls that wait would get the same failure only
			// after their time-out.
			failing.addAll(slot.drain());
		}
		List<Waiting> next = slot.next();
		failing.forEach((waiting) -> waiting.result.completeExceptionally(reason));
		return next;
	}

	private void sendAlone(Waiting waiting) {
		ask(List.of(waiting.call)).whenComplete((answer, failure) -> {
			if (answer != null) {
				waiting.result.complete(result(answer, 0));
			}
			else {
				waiting.result.completeExceptionally(Stages.unwrap(failure));
			}
		});
	}

	private boolean isLate(long sentAt) {
		return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sentAt) >= this.timeoutMillis / 2;
	}

	/**
	 * A call whose caller waits.
	 *
	 * @param call the call
	 * @param result completes with its buckets
	 */
	private record Waiting(BucketStore.Call call, CompletableFuture<BucketStore.Result> result) {

	}

	/**
	 * The calls of one slot that wait for the next batch.
	 */
	private static final class Slot {

		private final ReentrantLock lock = new ReentrantLock();

		private final Deque<Waiting> queue = new ArrayDeque<>();

		private int onTheWay;

		/**
		 * Adds a call.
		 * @param waiting the call
		 * @return the batch to send, empty if the call waits for the next one
		 */
		private List<Waiting> add(Waiting waiting) {
			this.lock.lock();
			try {
				this.queue.add(waiting);
				boolean full = this.queue.size() >= MAX_BUCKETS && this.onTheWay < MAX_ON_THE_WAY;
				if (this.onTheWay > 0 && !full) {
					return List.of();
				}
				this.onTheWay++;
				return next();
			}
			finally {
				this.lock.unlock();
			}
		}

		/**
		 * Takes the place of a batch on its way.
		 * @return the batch to send next, empty if no call waits
		 */
		private List<Waiting> next() {
			this.lock.lock();
			try {
				List<Waiting> batch = new ArrayList<>();
				int buckets = 0;
				while (!this.queue.isEmpty()) {
					buckets += this.queue.element().call.takes().size();
					if (buckets > MAX_BUCKETS && !batch.isEmpty()) {
						break;
					}
					Waiting waiting = this.queue.remove();
					// A caller whose time is over must not be charged.
					if (!waiting.result.isDone()) {
						batch.add(waiting);
					}
				}
				if (batch.isEmpty()) {
					this.onTheWay--;
				}
				return batch;
			}
			finally {
				this.lock.unlock();
			}
		}

		private List<Waiting> drain() {
			this.lock.lock();
			try {
				List<Waiting> all = new ArrayList<>(this.queue);
				this.queue.clear();
				return all;
			}
			finally {
				this.lock.unlock();
			}
		}

	}

}
