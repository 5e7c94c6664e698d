package dev.weir.lease.engine;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.LeaseStore;
import org.jspecify.annotations.Nullable;

/**
 * Decides when a busy store is asked again if no wake-up arrives: a crash, a failover or
 * a foreign holder may lose one. The delay doubles from {@value #FIRST_MILLIS} ms to
 * {@value #LONGEST_MILLIS} ms, less up to a quarter at random. Guarded by the mutex of
 * its {@link Gate}.
 */
final class Retry {

	private static final int FIRST_MILLIS = 250;

	private static final int LONGEST_MILLIS = 1000;

	/** Spreads the instances that wait for the same place to expire. */
	private static final long EXPIRY_SPREAD_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

	private final EngineContext engine;

	private final Effects.Events events;

	private final Consumer<Effects> due;

	private int attempts;

	private @Nullable Future<?> timer;

	private LeaseStore.@Nullable Busy lastBusy;

	private int busyLimit;

	/** Why the last claim got no answer, {@code null} if it got one. */
	private @Nullable StoreUnavailableException away;

	/**
	 * Creates a retry.
	 * @param engine sets the timer
	 * @param events runs events under the mutex of the gate
	 * @param due the event in which the store may be asked again
	 */
	Retry(EngineContext engine, Effects.Events events, Consumer<Effects> due) {
		this.engine = engine;
		this.events = events;
		this.due = due;
	}

	/**
	 * Notes that the store is busy.
	 * @param busy its answer
	 * @param limit the limit of the claim, for which and below which no place is free
	 */
	void busy(LeaseStore.Busy busy, int limit) {
		this.lastBusy = busy;
		this.busyLimit = limit;
		this.away = null;
	}

	/**
	 * Sets the timer after a claim without an answer: no limit makes an earlier claim
	 * worthwhile.
	 * @param reason why there is no answer
	 */
	void startAway(StoreUnavailableException reason) {
		this.away = reason;
		this.busyLimit = Integer.MAX_VALUE;
		start(null);
	}

	/**
	 * Returns why the store cannot be asked now.
	 * @return why the last claim got no answer, {@code null} if it got one or if the
	 * timer does not run
	 */
	@Nullable StoreUnavailableException away() {
		return isPending() ? this.away : null;
	}

	LeaseStore.@Nullable Busy lastBusy() {
		return this.lastBusy;
	}

	int busyLimit() {
		return this.busyLimit;
	}

	boolean isPending() {
		return this.timer != null;
	}

	/**
	 * Returns whether the store may be asked before the timer is due.
	 * @param limit the limit of the request
	 * @return {@code false} if the store was busy for this limit and the timer still runs
	 */
	boolean allows(int limit) {
		return this.timer == null || limit > this.busyLimit;
	}

	/**
	 * Sets the timer.
	 * @param remaining how long until the place that expires first does so, {@code null}
	 * if not known; a crashed holder's place is free then
	 */
	void start(@Nullable Duration remaining) {
		stop();
		long step = TimeUnit.MILLISECONDS.toNanos(Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(this.attempts, 8)));
		this.attempts++;
		ThreadLocalRandom random = ThreadLocalRandom.current();
		long delay = step - random.nextLong(step / 4);
		if (remaining != null) {
			delay = Math.min(delay, Nanos.of(remaining) + random.nextLong(EXPIRY_SPREAD_NANOS) + 1);
		}
		this.timer = this.engine.after(delay, () -> this.events.on((effects) -> {
			this.timer = null;
			this.due.accept(effects);
		}));
	}

	/**
	 * Sets the timer for an instance that queues behind another one and will be woken: an
	 * earlier claim makes no sense, for any limit.
	 */
	void startBehindAnother() {
		restart();
		this.busyLimit = Integer.MAX_VALUE;
		start(null);
	}

	void stop() {
		if (this.timer != null) {
			this.timer.cancel(false);
			this.timer = null;
		}
	}

	/**
	 * Begins with the shortest delay again: the store has answered.
	 */
	void restart() {
		if (this.away != null) {
			stop();
		}
		this.attempts = 0;
		this.away = null;
	}

	/**
	 * Forgets everything: no caller waits.
	 */
	void reset() {
		stop();
		restart();
		this.lastBusy = null;
	}

}
