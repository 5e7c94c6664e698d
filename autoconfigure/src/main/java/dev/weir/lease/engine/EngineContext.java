package dev.weir.lease.engine;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import dev.weir.core.Containment;
import dev.weir.core.Stages;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the parts of the engine share.
 *
 * @param store has the leases
 * @param settings the settings
 * @param clock a monotonic clock, in nanoseconds
 * @param timer runs short tasks that never block
 * @param callbacks runs code of users, which may block
 * @param owners creates the owners of places
 * @param listener is notified of the outcome of each lease
 */
record EngineContext(LeaseStore store, LeaseSettings settings, LongSupplier clock, ScheduledExecutorService timer,
		Executor callbacks, OwnerIds owners, LeaseListener listener) {

	private static final long SHORTEST_SWEEP_INTERVAL = TimeUnit.MILLISECONDS.toNanos(10);

	private static final long LONGEST_SWEEP_INTERVAL = TimeUnit.MILLISECONDS.toNanos(500);

	/**
	 * Returns whether there is a listener.
	 * @return {@code false} if nothing needs to be measured for one
	 */
	boolean hasListener() {
		return this.listener != LeaseListener.NONE;
	}

	long now() {
		return this.clock.getAsLong();
	}

	/**
	 * Claims a place, for a new owner.
	 * @param request the request of the caller that needs it
	 * @param queue the relation of this instance to the store's queue
	 * @return the claim
	 */
	LeaseStore.Claim claim(LeaseRequest request, LeaseStore.Queue queue) {
		Duration ttl = ttl(request, (request.timeout() != null) ? Nanos.of(request.timeout()) : Nanos.FOREVER,
				Nanos.of(request.atLeast()));
		return new LeaseStore.Claim(request.key(), this.owners.next(request.purpose()), request.limit(), ttl,
				request.fenced(), queue);
	}

	/**
	 * Creates the claim of a place that only this JVM will know.
	 * @param request the request of the caller that needs it
	 * @return the claim
	 */
	LeaseStore.Claim localClaim(LeaseRequest request) {
		return new LeaseStore.Claim(request.key(), this.owners.next(request.purpose()), request.limit(),
				Duration.ofNanos(Nanos.FOREVER), false, LeaseStore.Queue.OUT);
	}

	/**
	 * Releases the place of an owner, or lets it expire at the time until which it must
	 * be kept.
	 * @param key the key
	 * @param owner the owner
	 * @param keptUntil until when the place must be kept, by the clock of the engine; the
	 * past if it need not be kept
	 * @param waitingLimit the limit of the callers that still wait here, 0 if none waits
	 * @return the answer of the store
	 */
	CompletionStage<LeaseStore.Release> release(LeaseKey key, String owner, long keptUntil, int waitingLimit) {
		long rest = keptUntil - now();
		if (rest <= 0) {
			return Stages.call(() -> this.store.release(key, owner, waitingLimit));
		}
		return Stages.call(() -> this.store.keep(key, owner, Duration.ofNanos(rest)))
			.thenApply((kept) -> kept ? LeaseStore.Release.RELEASED : LeaseStore.Release.NOT_HELD);
	}

	ScheduledFuture<?> after(long nanos, Runnable task) {
		Runnable contained = () -> Containment.run("A timer of leases", task);
		return this.timer.schedule(contained, Math.max(0, nanos), TimeUnit.NANOSECONDS);
	}

	/**
	 * Sets a timer for a task, if the task is due soon. Most leases are released, and
	 * most waiters are served, long before their tasks are due. A timer for each of them
	 * would wake a thread each time the timer is set. Therefore the sweep finds the later
	 * tasks in time.
	 * @param nanos the time from now
	 * @param task the task
	 * @return the timer, {@code null} if a sweep comes before
	 */
	@Nullable ScheduledFuture<?> soon(long nanos, Runnable task) {
		return (nanos > 2 * sweepInterval()) ? null : after(nanos, task);
	}

	/**
	 * Returns the time from one sweep to the next.
	 * @return the time, in nanoseconds
	 */
	long sweepInterval() {
		return Math.max(SHORTEST_SWEEP_INTERVAL, Math.min(LONGEST_SWEEP_INTERVAL, this.settings.ttl().toNanos() / 12));
	}

	/**
	 * Returns the time to live that a request asks for.
	 * @param request the request
	 * @return its time to live, or that of all leases
	 */
	Duration ttl(LeaseRequest request) {
		return (request.ttl() != null) ? request.ttl() : this.settings.ttl();
	}

	/**
	 * Returns how long a place lives in the store unless it is renewed.
	 * @param request the request of its holder
	 * @param allowed the longest that the holder may still hold it, in nanoseconds
	 * @param needed the shortest that the place must live even if this JVM crashes, in
	 * nanoseconds; at most the allowed time
	 * @return the time to live, at least 1 ms
	 */
	Duration ttl(LeaseRequest request, long allowed, long needed) {
		long nanos = Math.max(needed, Math.min(allowed, Nanos.of(ttl(request))));
		return Duration.ofMillis(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)));
	}

}
