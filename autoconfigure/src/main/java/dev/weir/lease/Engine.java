package dev.weir.lease;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What the parts of the engine share.
 *
 * @param store where leases live
 * @param settings the settings
 * @param clock a monotonic clock, in nanoseconds
 * @param timer runs short tasks that never block
 * @param callbacks runs code of users, which may block
 */
record Engine(LeaseStore store, LeaseSettings settings, LongSupplier clock, ScheduledExecutorService timer,
		Executor callbacks) {

	long now() {
		return this.clock.getAsLong();
	}

	ScheduledFuture<?> after(long nanos, Runnable task) {
		return this.timer.schedule(task, Math.max(0, nanos), TimeUnit.NANOSECONDS);
	}

	/**
	 * Returns the owner of a new acquisition. Random, and never a thread or process id: a
	 * lease may be released from any thread, and a late answer to an earlier acquisition
	 * must not be taken for this one.
	 * @param request the request
	 * @return the owner id with the description of the holder
	 */
	String newOwner(LeaseRequest request) {
		return new Holder(this.settings.application(), this.settings.instance(), request.purpose(), Instant.now())
			.ownedBy(UUID.randomUUID().toString());
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
