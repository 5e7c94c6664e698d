package dev.weir.lease;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

/**
 * What the parts of the engine share.
 *
 * @param store where leases live
 * @param settings the settings
 * @param clock a monotonic clock, in nanoseconds
 * @param timer runs short tasks that never block
 * @param callbacks runs code of users, which may block
 * @param owners makes the owners of places
 * @param listener hears what becomes of leases
 */
record Engine(LeaseStore store, LeaseSettings settings, LongSupplier clock, ScheduledExecutorService timer,
		Executor callbacks, Owners owners, LeaseListener listener) {

	private static final long SHORTEST_SWEEP_INTERVAL = TimeUnit.MILLISECONDS.toNanos(10);

	private static final long LONGEST_SWEEP_INTERVAL = TimeUnit.MILLISECONDS.toNanos(500);

	/**
	 * Whether somebody hears what becomes of leases.
	 * @return {@code false} if it need not be told
	 */
	boolean isHeard() {
		return this.listener != LeaseListener.NONE;
	}

	long now() {
		return this.clock.getAsLong();
	}

	ScheduledFuture<?> after(long nanos, Runnable task) {
		return this.timer.schedule(task, Math.max(0, nanos), TimeUnit.NANOSECONDS);
	}

	/**
	 * Runs a task at a time, if that is soon. Most leases are released, and most waiters
	 * served, long before anything is due: they need no timer of their own, which would
	 * wake a thread each time it is set. What is due later is found by a sweep in time.
	 * @param nanos the time from now
	 * @param task the task
	 * @return the timer, {@code null} if there is time for a sweep before
	 */
	@Nullable ScheduledFuture<?> soon(long nanos, Runnable task) {
		return (nanos > 2 * sweepInterval()) ? null : after(nanos, task);
	}

	/**
	 * How long it takes from one sweep to the next.
	 * @return the time, in nanoseconds
	 */
	long sweepInterval() {
		return Math.max(SHORTEST_SWEEP_INTERVAL, Math.min(LONGEST_SWEEP_INTERVAL, this.settings.ttl().toNanos() / 12));
	}

	/**
	 * How long a place of one holder lives in the store.
	 * @param allowed the longest that the holder may still hold it, in nanoseconds
	 * @return the time to live, at least 1 ms
	 */
	Duration ttl(long allowed) {
		long nanos = Math.min(allowed, this.settings.ttl().toNanos());
		return Duration.ofMillis(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)));
	}

}
