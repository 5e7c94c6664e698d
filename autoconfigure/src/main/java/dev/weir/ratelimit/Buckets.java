package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import dev.weir.core.Deadlines;
import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.remote.RemoteBucketState;
import org.jspecify.annotations.Nullable;

/**
 * Takes steps over buckets of a store, each exactly once, and in as few calls as
 * possible. Thread-safe; never blocks for longer than a moment.
 * <p>
 * A step is computed here from what was last seen of its buckets, and the store takes it
 * if that is still true: one call. If not, the answer says what is true now, and the step
 * is computed again. Steps that meet at a bucket while a call is on its way wait and go
 * together in the next one. For that, buckets that were ever part of one step stand in
 * one {@link Lane}, which has one call on its way at a time. So no step over several
 * buckets is overtaken for ever by steps over single ones of them.
 */
final class Buckets {

	/** How far a step may be ahead of the store, which lets tokens be taken early. */
	private static final long MAX_AHEAD_MICROS = 5_000;

	/** After so many calls in a row a thread has done enough for others. */
	private static final int MAX_CALLS = 100;

	private final BucketStore store;

	/** What an answer of any slot says, for slots that were not heard of yet. */
	private final StoreClock clock;

	/** The clock of each slot: the masters of a cluster have their own. */
	private final ConcurrentMap<Integer, StoreClock> clocks = new ConcurrentHashMap<>();

	private final Duration timeout;

	private final Deadlines deadlines;

	private final int maxKnown;

	private final ReentrantLock lock = new ReentrantLock();

	/** What is known of buckets, the least recently used first. Guarded by the lock. */
	private final Map<String, Cell> cells = new LinkedHashMap<>(16, 0.75f, true);

	/**
	 * Creates buckets.
	 * @param store where they live
	 * @param clock the clock of the store
	 * @param timeout how long a step may take, with its waits and all calls that it needs
	 * @param maxKnown of how many buckets that nobody uses right now the state is
	 * remembered
	 */
	Buckets(BucketStore store, StoreClock clock, Duration timeout, int maxKnown) {
		this.store = store;
		this.clock = clock;
		this.timeout = timeout;
		this.deadlines = new Deadlines(timeout, (late) -> late.completeExceptionally(
				new StoreUnavailableException("The store did not take the step within " + timeout.toMillis() + " ms")));
		this.maxKnown = maxKnown;
	}

	/**
	 * Takes a step.
	 * @param <T> the type of what it finds
	 * @param keys the keys of its buckets, each once, all in one slot
	 * @param expiration how long what it writes lives, {@code null} for ever
	 * @param step the step
	 * @return completes with what it found, or with {@link StoreUnavailableException};
	 * then nobody knows whether the step was taken. Completes on any thread.
	 */
	<T> CompletableFuture<T> take(List<String> keys, @Nullable ExpirationAfterWriteStrategy expiration, Step<T> step) {
		if (this.store.isAway()) {
			probe(keys);
			return CompletableFuture.failedFuture(
					new StoreUnavailableException("The store has not answered for a while; it is probed again "
							+ "every " + this.timeout.toMillis() + " ms"));
		}
		CompletableFuture<T> result = new CompletableFuture<>();
		Flight flight;
		this.lock.lock();
		try {
			List<Cell> needed = new ArrayList<>(keys.size());
			for (String key : keys) {
				needed.add(pin(key));
			}
			Lane lane = Lane.uniting(needed);
			lane.add(new Task<>(needed, expiration, step, result));
			flight = lane.next();
		}
		finally {
			this.lock.unlock();
		}
		fly(flight);
		if (!result.isDone()) {
			this.store.ready().whenComplete((done, failure) -> this.deadlines.start(result));
		}
		return result;
	}

	/**
	 * Finds out whether the store is back, with a step that changes nothing and for which
	 * nobody waits.
	 * @param keys the keys of the step
	 */
	private void probe(List<String> keys) {
		StoreClock slot = clock(keys.get(0));
		this.store.swap(keys.stream().map((key) -> new BucketStore.Swap(key, null, null, 0)).toList(), assumed(slot))
			.thenAccept((answer) -> learn(slot, answer.micros()));
	}

	/**
	 * Removes a bucket.
	 * @param key its key
	 * @return completes when it is gone
	 */
	CompletionStage<Void> remove(String key) {
		return this.store.remove(key);
	}

	/**
	 * Returns what was last seen of a bucket.
	 * @param key its key
	 * @return a copy of its state, {@code null} if it was not seen or did not exist
	 */
	@Nullable RemoteBucketState lastSeen(String key) {
		this.lock.lock();
		try {
			Cell cell = this.cells.get(key);
			RemoteBucketState state = (cell != null) ? cell.seen().at(this.clock.micros()).state() : null;
			return (state != null) ? state.copy() : null;
		}
		finally {
			this.lock.unlock();
		}
	}

	private Cell pin(String key) {
		Cell cell = this.cells.get(key);
		if (cell == null) {
			cell = new Cell(key, clock(key));
			this.cells.put(key, cell);
		}
		cell.pin();
		forgetTheOldest();
		return cell;
	}

	private void forgetTheOldest() {
		if (this.cells.size() <= this.maxKnown) {
			return;
		}
		Iterator<Cell> oldest = this.cells.values().iterator();
		while (this.cells.size() > this.maxKnown && oldest.hasNext()) {
			if (!oldest.next().isPinned()) {
				oldest.remove();
			}
		}
	}

	/**
	 * Sends a flight and those that follow it.
	 * @param first the flight, {@code null} for none
	 */
	private void fly(@Nullable Flight first) {
		Flight flight = first;
		for (int calls = 0; flight != null; calls++) {
			if (calls == MAX_CALLS) {
				Flight others = flight;
				CompletableFuture.runAsync(() -> fly(others));
				return;
			}
			Flight sent = flight;
			CompletableFuture<BucketStore.Answer> answer = send(sent);
			if (!answer.isDone()) {
				answer.whenComplete((value, failure) -> fly(land(sent, value, failure)));
				return;
			}
			flight = landNow(sent, answer);
		}
	}

	private CompletableFuture<BucketStore.Answer> send(Flight flight) {
		try {
			BucketStore.AssumedTime time = assumed(flight.lane().clock());
			return this.store.swap(flight.compute(time), time).toCompletableFuture();
		}
		catch (Throwable ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	private BucketStore.AssumedTime assumed(StoreClock slot) {
		// A step that arrives after its caller has given up is refused for its time.
		return new BucketStore.AssumedTime(slot.micros(), MAX_AHEAD_MICROS,
				TimeUnit.NANOSECONDS.toMicros(this.timeout.toNanos()));
	}

	private StoreClock clock(String key) {
		return this.clocks.computeIfAbsent(this.store.slot(key), (slot) -> this.clock.fork());
	}

	private void learn(StoreClock slot, long micros) {
		long now = slot.nanos();
		if (slot.micros(now) - micros > MAX_AHEAD_MICROS) {
			slot.reset(micros, now);
			this.clock.reset(micros, now);
		}
		else {
			slot.answered(micros, now);
			this.clock.answered(micros, now);
		}
	}

	private @Nullable Flight landNow(Flight flight, CompletableFuture<BucketStore.Answer> answer) {
		try {
			return land(flight, answer.join(), null);
		}
		catch (CompletionException ex) {
			return land(flight, null, ex);
		}
	}

	/**
	 * Handles the answer to a flight.
	 * @param flight the flight
	 * @param answer the answer, {@code null} if there is none
	 * @param failure why there is none
	 * @return the flight to send next, {@code null} for none
	 */
	private @Nullable Flight land(Flight flight, BucketStore.@Nullable Answer answer, @Nullable Throwable failure) {
		if (answer == null) {
			return failed(flight, (failure != null) ? Stages.unwrap(failure)
					: new IllegalStateException("The store of the buckets completed without an answer"));
		}
		try {
			learn(flight.lane().clock(), answer.micros());
			flight.answered(answer);
		}
		catch (RuntimeException | Error ex) {
			return failed(flight, ex);
		}
		return answer.applied() ? applied(flight) : again(flight);
	}

	private @Nullable Flight applied(Flight flight) {
		// Before the next one leaves, which then takes along those who come back at once:
		// fewer and fuller flights, where waking callers costs more than a call.
		flight.tasks().forEach(Task::complete);
		this.lock.lock();
		try {
			flight.tasks().forEach(Task::unpin);
			Lane lane = flight.lane();
			lane.landed();
			return lane.next();
		}
		finally {
			this.lock.unlock();
		}
	}

	private @Nullable Flight again(Flight flight) {
		List<Task<?>> givenUp = flight.tasks().stream().filter(Task::isGivenUp).toList();
		flight.tasks().removeAll(givenUp);
		Flight next = flight;
		this.lock.lock();
		try {
			givenUp.forEach(Task::unpin);
			Lane lane = flight.lane();
			lane.join(flight);
			if (flight.tasks().isEmpty()) {
				lane.landed();
				next = lane.next();
			}
		}
		finally {
			this.lock.unlock();
		}
		return next;
	}

	private @Nullable Flight failed(Flight flight, Throwable failure) {
		List<Task<?>> failing = new ArrayList<>(flight.tasks());
		Flight next;
		this.lock.lock();
		try {
			Lane lane = flight.lane();
			lane.landed();
			if (failure instanceof StoreUnavailableException) {
				// Who waits longer would not be told in time.
				failing.addAll(lane.drain());
			}
			failing.forEach(Task::unpin);
			next = lane.next();
		}
		finally {
			this.lock.unlock();
		}
		failing.forEach((task) -> task.fail(failure));
		return next;
	}

}
