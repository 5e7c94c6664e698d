package dev.weir.lease;

import java.time.Duration;

import dev.weir.core.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of a lock or semaphore that properties, annotations and code can set. An
 * attribute that is {@code null} is left to the next lower level of precedence: property,
 * then annotation or code, then default.
 */
public interface LeaseAttributes {

	/**
	 * Checks values before they are set.
	 * @param limit the limit, {@code null} if not set
	 * @param timeout the timeout, {@code null} if not set
	 * @param waitTime the wait time, {@code null} if not set
	 * @param maxWaiters the maximum number of waiters, {@code null} if not set
	 * @throws IllegalArgumentException if a value cannot be used; the message names it as
	 * properties do
	 */
	static void check(@Nullable Integer limit, @Nullable Duration timeout, @Nullable Duration waitTime,
			@Nullable Integer maxWaiters) {
		if (limit != null && limit < 1) {
			throw new IllegalArgumentException("'limit' must be at least 1, not " + limit);
		}
		if (timeout != null && timeout.compareTo(LeaseRequest.SHORTEST_TIMEOUT) < 0) {
			throw new IllegalArgumentException("'timeout' must be at least 1ms, not " + timeout);
		}
		if (waitTime != null && waitTime.isNegative()) {
			throw new IllegalArgumentException("'wait-time' must not be negative: use 0 to not wait");
		}
		if (maxWaiters != null && maxWaiters < 0) {
			throw new IllegalArgumentException("'max-waiters' must not be negative: use 0 to let no caller wait");
		}
	}

	/**
	 * Returns whether calls take the lease at all.
	 * @return {@code false} to run them unguarded, {@code null} if not set
	 */
	default @Nullable Boolean enabled() {
		return null;
	}

	/**
	 * Returns how many holders there can be at a time. Only semaphores have a limit.
	 * @return the limit, at least 1, {@code null} if not set
	 */
	default @Nullable Integer limit() {
		return null;
	}

	/**
	 * Returns the longest time that one holder may hold the lease.
	 * @return the time, at least 1 ms, {@code null} if not set
	 */
	@Nullable Duration timeout();

	/**
	 * Returns how long a caller waits for the lease.
	 * @return the time, zero to not wait, {@code null} if not set
	 */
	@Nullable Duration waitTime();

	/**
	 * Returns for how long a lock stays taken, counted from its acquisition, even if its
	 * holder ends earlier. Only locks have this attribute.
	 * @return the time, zero for no such time, {@code null} if not set
	 */
	default @Nullable Duration atLeast() {
		return null;
	}

	/**
	 * Returns how many callers of this instance wait for leases of the policy at the same
	 * time. For further callers, the lease is busy at once.
	 * @return the number, {@code null} if not set
	 */
	default @Nullable Integer maxWaiters() {
		return null;
	}

	/**
	 * Returns how a call continues if Redis does not answer.
	 * @return the choice, {@code null} if not set
	 */
	@Nullable OnUnavailable onUnavailable();

	/**
	 * Returns how a call ends if its lease was lost while the call ran.
	 * @return the choice, {@code null} if not set
	 */
	@Nullable OnLost onLost();

	/**
	 * Returns how a call ends if other holders keep the lease for longer than the caller
	 * waits.
	 * @return the choice, {@code null} if not set
	 */
	default @Nullable OnBusy onBusy() {
		return null;
	}

}
