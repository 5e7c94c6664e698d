package dev.weir.lease;

import java.time.Duration;
import java.util.Objects;

import dev.weir.lease.engine.LeaseManager;
import org.jspecify.annotations.Nullable;

/**
 * The request of one caller to the {@link LeaseManager}.
 *
 * @param name the name of the policy
 * @param key the key to guard
 * @param limit the number of holders that the key may have at a time, 1 for a lock
 * @param timeout the longest time that this holder may hold the lease, {@code null} for
 * as long as the holder runs
 * @param waitTime the longest time to wait for the lease, zero to not wait at all
 * @param fenced whether a fencing token is requested
 * @param purpose the purpose of the lease, shown to other callers that wait for the
 * lease; no user data
 * @param atLeast the time for which a lock stays taken, counted from its acquisition,
 * even if the holder closes it earlier; zero for no such time
 * @param ttl the time that the lease lives in the store without being renewed,
 * {@code null} for the time of all leases
 */
public record LeaseRequest(String name, LeaseKey key, int limit, @Nullable Duration timeout, Duration waitTime,
		boolean fenced, String purpose, Duration atLeast, @Nullable Duration ttl) {

	/** The wait time of a caller that waits until it has the lease. */
	public static final Duration FOREVER = Duration.ofDays(36_500);

	/** The shortest timeout. There is no longest one. */
	public static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(1);

	public LeaseRequest {
		Objects.requireNonNull(name, "name");
		Objects.requireNonNull(key, "key");
		Objects.requireNonNull(purpose, "purpose");
		switch (key.kind()) {
			case LOCK -> {
				if (limit != 1) {
					throw new IllegalArgumentException("The limit of the lock '" + name + "' must be 1, not " + limit);
				}
			}
			case SEMAPHORE -> {
				if (limit < 1) {
					throw new IllegalArgumentException(
							"The limit of the semaphore '" + name + "' must be at least 1, not " + limit);
				}
				if (fenced) {
					throw new IllegalArgumentException(
							"The semaphore '" + name + "' cannot be fenced. Only a lock can");
				}
			}
		}
		if (timeout != null && timeout.compareTo(SHORTEST_TIMEOUT) < 0) {
			throw new IllegalArgumentException(
					"The timeout of the " + key.kind() + " '" + name + "' must be at least 1 ms, not " + timeout);
		}
		if (waitTime.isNegative()) {
			throw new IllegalArgumentException(
					"The wait time of the " + key.kind() + " '" + name + "' must not be negative, but is " + waitTime);
		}
		if (atLeast.isNegative() || (key.kind() == LeaseKind.SEMAPHORE && !atLeast.isZero())) {
			throw new IllegalArgumentException("The " + key.kind() + " '" + name + "' cannot be kept for " + atLeast
					+ ": only locks can be kept, and for no negative time");
		}
		if (timeout != null && timeout.compareTo(atLeast) < 0) {
			throw new IllegalArgumentException("The " + key.kind() + " '" + name + "' cannot be kept for " + atLeast
					+ ", because its timeout is " + timeout);
		}
	}

	/**
	 * Creates a request for a lease that is free as soon as its holder closes it.
	 * @param name the name of the policy
	 * @param key the key to guard
	 * @param limit the number of holders that the key may have at a time, 1 for a lock
	 * @param timeout the longest time that this holder may hold the lease, {@code null}
	 * for as long as the holder runs
	 * @param waitTime the longest time to wait for the lease, zero to not wait at all
	 * @param fenced whether a fencing token is requested
	 * @param purpose the purpose of the lease
	 */
	public LeaseRequest(String name, LeaseKey key, int limit, @Nullable Duration timeout, Duration waitTime,
			boolean fenced, String purpose) {
		this(name, key, limit, timeout, waitTime, fenced, purpose, Duration.ZERO, null);
	}

	/**
	 * Returns a copy of this request with other times.
	 * @param timeout the longest time that the holder may hold the lease, {@code null}
	 * for as long as the holder runs
	 * @param waitTime the longest time to wait for the lease
	 * @return the request
	 */
	public LeaseRequest within(@Nullable Duration timeout, Duration waitTime) {
		return new LeaseRequest(this.name, this.key, this.limit, timeout, waitTime, this.fenced, this.purpose,
				this.atLeast, this.ttl);
	}

	/**
	 * Returns a copy of this request for a lock that stays taken for a time.
	 * @param atLeast the time, counted from the acquisition; zero for no such time
	 * @return the request
	 */
	public LeaseRequest keptFor(Duration atLeast) {
		return new LeaseRequest(this.name, this.key, this.limit, this.timeout, this.waitTime, this.fenced, this.purpose,
				atLeast, this.ttl);
	}

	/**
	 * Returns a copy of this request with its own time to live.
	 * @param ttl the time that the lease lives in the store without being renewed
	 * @return the request
	 */
	public LeaseRequest livingFor(Duration ttl) {
		return new LeaseRequest(this.name, this.key, this.limit, this.timeout, this.waitTime, this.fenced, this.purpose,
				this.atLeast, ttl);
	}

}
