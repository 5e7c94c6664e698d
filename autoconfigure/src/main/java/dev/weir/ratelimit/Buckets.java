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
 * Applies steps to buckets of a store, each exactly once, and in as few calls as
 * possible. Thread-safe; never blocks for longer than a moment.
 * <p>
 * A step is computed here from the last known state of its buckets. The store applies the
 * step if that state is still current: this takes one call. If not, the answer contains
 * the current state, and the step is computed again. Steps that need a bucket while a
 * call for it is on its way wait, and are sent together in the next call. For this,
 * buckets that were ever part of one step belong to one {@link Lane}, which has one call
 * on its way at a time. So no step over several buckets is overtaken for ever by steps
 * over single ones of them.
 */
final class Buckets {

	/**
	 * How far the time of a step may be ahead of the store. A token may be taken too
	 * early by this time.
	 */
	private static final long MAX_AHEAD_MICROS = 5_000;

	/**
	 * After this number of calls in a row, another thread sends the calls of the other
	 * callers.
	 */
	private static final int MAX_CALLS = 100;

	private final BucketStore store;

	/** The clock by the answers of all slots, for slots that have not answered yet. */
	private final StoreClock clock;

	/** The clock of each slot: the masters of a cluster have their own. */
	private final ConcurrentMap<Integer, StoreClock> clocks = new ConcurrentHashMap<>();

	private final Duration timeout;

	private final Deadlines deadlines;

	private final int maxKnown;

	private final ReentrantLock lock = new ReentrantLock();

	/** The known buckets, the least recently used first. Guarded by the lock. */
	private final Map<String, Cell> cells = new LinkedHashMap<>(16, 0.75f, true);

	/**
	 * Creates buckets.
	 * @param store the store of the buckets
	 * @param clock the clock of the store
	 * @param timeout how long a step may take, including its waits and all calls that it
	 * needs
	 * @param maxKnown how many buckets are remembered; more only while steps need them
	 */
	Buckets(BucketStore store, StoreClock clock, Duration timeout, int maxKnown) {
		this.store = store;
		this.clock = clock;
		this.timeout = timeout;
		this.deadlines = new Deadlines(timeout, (late) -> late.completeExceptionally(new StoreUnavailableException(
				"The store did not complete the step within " + timeout.toMillis() + " ms")));
		this.maxKnown = maxKnown;
	}

	/**
	 * Applies a step.
	 * @param <T> the type of its result
	 * @param keys the keys of its buckets, each once, all in one slot
	 * @param expiration how long the buckets that it writes live, {@code null} for ever
	 * @param step the step
	 * @return completes with its result, or with {@link StoreUnavailableException}; then
	 * it is unknown whether the step was applied. Completes on any thread.
	 */
	<T> CompletableFuture<T> take(List<String> keys, @Nullable ExpirationAfterWriteStrategy expiration, Step<T> step) {
		if (this.store.isAway()) {
			probe(keys);
			return CompletableFuture.failedFuture(
					new StoreUnavailableException("The store has not answered for a while. Weir probes it again "
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
	 * Probes whether the store is back, with a step that changes nothing and for which no
	 * caller waits.
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
	 * Returns the last known state of a bucket.
	 * @param key its key
	 * @return a copy of its state, {@code null} if the bucket was not seen or did not
	 * exist
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
	 * Sends a flight and the flights that follow it.
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
		// The store refuses a step that arrives after its caller has given up, because of
		// its time.
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
	 * @param failure the reason why there is none
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
		// Complete the tasks before the next flight is sent. A caller that takes another
		// step at once joins that flight. So there are fewer and fuller flights. This
		// pays off where waking callers costs more than a call.
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
				// The steps that wait would not be answered in time.
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
