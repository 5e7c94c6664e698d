package dev.weir.ratelimit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.weir.core.Stages;
import dev.weir.ratelimit.BucketStore.PauseChange;
import dev.weir.ratelimit.Decision.Source;
import org.jspecify.annotations.Nullable;

/**
 * Lets calls wait that have taken tokens of the near future. A timer lets them go on when
 * the tokens are there: in the order in which the store decided, although answers may
 * overtake each other. A pause makes all calls that wait for its bucket wait longer, and
 * denies those that would then wait longer than they may. Thread-safe; no thread waits
 * and no call polls.
 */
final class Waits {

	/** Longer than an answer is on its way. */
	private static final long REMEMBERED_NANOS = TimeUnit.SECONDS.toNanos(10);

	private static final int MAX_REMEMBERED = 1000;

	private final Consumer<Decisions> denied;

	private final ReentrantLock lock = new ReentrantLock();

	private final TreeSet<WaitingCall> queue = new TreeSet<>(
			Comparator.comparingLong(WaitingCall::at).thenComparingLong(WaitingCall::number));

	/** The last call that waits for a bucket, by the key of the bucket. */
	private final Map<String, WaitingCall> last = new HashMap<>();

	/** The last changes of pauses, for calls that were decided before them. */
	private final Deque<Seen> changes = new ArrayDeque<>();

	private @Nullable Long timer;

	private boolean releasing;

	private long number;

	/**
	 * Creates waits.
	 * @param denied receives the decisions of calls that a pause denies
	 */
	Waits(Consumer<Decisions> denied) {
		this.denied = denied;
	}

	/**
	 * Completes with a reservation when its tokens are there.
	 * @param charges the charges of the call
	 * @param decided completes with the decisions when the store has decided
	 * @param reserved creates the reservation
	 * @param giveBack gives all tokens of the decisions back
	 * @return completes when the tokens are there, or at once after a denial. Gives the
	 * tokens back if it is cancelled before that, or if a pause denies the call
	 */
	CompletableFuture<Reservation> until(List<Charge> charges, CompletableFuture<Decisions> decided,
			Function<Decisions, Reservation> reserved, Consumer<Decisions> giveBack) {
		CompletableFuture<Reservation> result = new CompletableFuture<>();
		decided.whenComplete((decisions, failure) -> {
			if (failure != null) {
				result.completeExceptionally(Stages.unwrap(failure));
			}
			else if (!decisions.isAllowed()) {
				result.complete(reserved.apply(decisions));
			}
			else {
				WaitingCall call = new WaitingCall(charges, decisions, System.nanoTime(), (last) -> {
					if (result.complete(reserved.apply(last)) && !last.isAllowed()) {
						giveBack.accept(decisions);
						this.denied.accept(last);
					}
				});
				result.whenComplete((value, cancelled) -> {
					if (cancelled != null) {
						forget(call);
						giveBack.accept(decisions);
					}
				});
				start(call, result);
			}
		});
		return result;
	}

	private void start(WaitingCall call, CompletableFuture<Reservation> result) {
		this.lock.lock();
		try {
			for (Seen seen : this.changes) {
				if (call.isDecidedBefore(seen.change, seen.source)) {
					call.move(seen.change, seen.source, System.nanoTime());
				}
			}
			if (call.waits() && !call.isDenied()) {
				if (!result.isDone()) {
					call.begin(this.number++);
					enqueue(call);
					setTimer();
				}
				return;
			}
		}
		finally {
			this.lock.unlock();
		}
		call.end();
	}

	// With the lock.
	private void enqueue(WaitingCall call) {
		WaitingCall last = this.last.get(call.key());
		if (last == null || !call.isBefore(last)) {
			if (last != null) {
				call.notBefore(last.at());
			}
			this.last.put(call.key(), call);
		}
		else {
			// The answers to later calls have overtaken the answer to this one.
			List<WaitingCall> same = this.queue.stream().filter((other) -> other.key().equals(call.key())).toList();
			same.stream().filter((other) -> !call.isBefore(other)).forEach((before) -> call.notBefore(before.at()));
			same.stream().filter((other) -> call.isBefore(other) && other.at() - call.at() <= 0).forEach((after) -> {
				this.queue.remove(after);
				after.begin(this.number++);
				after.notBefore(call.at());
				this.queue.add(after);
			});
		}
		this.queue.add(call);
	}

	/**
	 * Applies a change of a pause to the calls that wait for its bucket, and to those
	 * whose answers arrive later than the change. Applies each change once.
	 * @param change the change
	 * @param source the store of the bucket
	 */
	void move(PauseChange change, Source source) {
		List<WaitingCall> denials = new ArrayList<>();
		this.lock.lock();
		try {
			long now = System.nanoTime();
			if (!remember(new Seen(change, source, now))) {
				return;
			}
			for (WaitingCall call : List.copyOf(this.queue)) {
				if (call.concerns(change.key())) {
					this.queue.remove(call);
					call.move(change, source, now);
					if (call.isDenied()) {
						denials.add(call);
					}
					else {
						this.queue.add(call);
					}
				}
			}
			denials.forEach(this::forgetLast);
			setTimer();
		}
		finally {
			this.lock.unlock();
		}
		denials.forEach(WaitingCall::end);
	}

	private boolean remember(Seen seen) {
		this.changes.removeIf((before) -> seen.at - before.at > REMEMBERED_NANOS);
		if (this.changes.stream()
			.anyMatch((before) -> before.change.equals(seen.change) && before.source == seen.source)) {
			return false;
		}
		if (this.changes.size() >= MAX_REMEMBERED) {
			this.changes.removeFirst();
		}
		return this.changes.add(seen);
	}

	// With the lock.
	private void setTimer() {
		if (this.queue.isEmpty()) {
			return;
		}
		long at = this.queue.first().at();
		Long before = this.timer;
		if (before == null || before - at > 0) {
			this.timer = at;
			CompletableFuture.delayedExecutor(Math.max(0, at - System.nanoTime()), TimeUnit.NANOSECONDS, Runnable::run)
				.execute(() -> release(at));
		}
	}

	/**
	 * Lets all calls go on whose tokens are there, one thread at a time, so that they
	 * stay in order.
	 * @param at the time of the timer
	 */
	private void release(long at) {
		this.lock.lock();
		try {
			Long current = this.timer;
			if (current != null && current == at) {
				this.timer = null;
			}
			if (this.releasing) {
				return;
			}
			this.releasing = true;
		}
		finally {
			this.lock.unlock();
		}
		for (WaitingCall call = next(); call != null; call = next()) {
			call.end();
		}
	}

	private @Nullable WaitingCall next() {
		this.lock.lock();
		try {
			if (!this.queue.isEmpty() && this.queue.first().at() - System.nanoTime() <= 0) {
				WaitingCall call = this.queue.first();
				remove(call);
				return call;
			}
			this.releasing = false;
			setTimer();
			return null;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void forget(WaitingCall call) {
		this.lock.lock();
		try {
			remove(call);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void remove(WaitingCall call) {
		if (this.queue.remove(call)) {
			forgetLast(call);
		}
	}

	private void forgetLast(WaitingCall call) {
		if (this.last.remove(call.key(), call)) {
			for (WaitingCall before : this.queue.descendingSet()) {
				if (before.key().equals(call.key())) {
					this.last.put(call.key(), before);
					return;
				}
			}
		}
	}

	/**
	 * Blocks until the tokens of a call are there.
	 * @param policy the name of the policy, for the exception
	 * @param waiting completes when the tokens are there
	 * @return the reservation
	 * @throws RateLimitInterruptedException if the thread was interrupted; the tokens are
	 * given back
	 */
	static Reservation await(String policy, CompletableFuture<Reservation> waiting) {
		try {
			return waiting.get();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			if (waiting.cancel(false)) {
				throw new RateLimitInterruptedException(policy, ex);
			}
			// The tokens were there at the same moment.
			return Stages.await(waiting);
		}
		catch (ExecutionException ex) {
			return Stages.await(waiting);
		}
	}

	/**
	 * Returns how many calls wait.
	 * @return the number
	 */
	int size() {
		this.lock.lock();
		try {
			return Math.max(this.queue.size(), this.last.size());
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A change of a pause that was applied.
	 *
	 * @param change the change
	 * @param source the store of the bucket
	 * @param at when it was applied
	 */
	private record Seen(PauseChange change, Source source, long at) {

	}

}
