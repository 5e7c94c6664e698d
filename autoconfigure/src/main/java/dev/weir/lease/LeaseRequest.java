package dev.weir.lease;

import java.time.Duration;
import java.util.Objects;

import dev.weir.lease.engine.LeaseManager;
import org.jspecify.annotations.Nullable;

/**
 * What one caller asks of the {@link LeaseManager}.
 *
 * @param name the name of the policy
 * @param key the key to guard
 * @param limit how many holders the key may have at a time, 1 for a lock
 * @param timeout the longest that this holder may hold the lease, {@code null} for as
 * long as it runs
 * @param waitTime how long to wait for the lease, zero to not wait at all
 * @param fenced whether a fencing token is wanted
 * @param purpose what the lease is for, told to others who wait for it; no user data
 */
public record LeaseRequest(String name, LeaseKey key, int limit, @Nullable Duration timeout, Duration waitTime,
		boolean fenced, String purpose) {

	public LeaseRequest {
		Objects.requireNonNull(name, "name");
		Objects.requireNonNull(key, "key");
		Objects.requireNonNull(purpose, "purpose");
		if (limit < 1 || (key.kind() == LeaseKind.LOCK && limit != 1)) {
			throw new IllegalArgumentException("The limit of the " + key.kind() + " '" + name + "' must be "
					+ ((key.kind() == LeaseKind.LOCK) ? "1" : "at least 1") + ", not " + limit);
		}
		if (timeout != null && timeout.toMillis() < 1) {
			throw new IllegalArgumentException(
					"The timeout of the " + key.kind() + " '" + name + "' must be at least 1 ms, not " + timeout);
		}
		if (waitTime.isNegative()) {
			throw new IllegalArgumentException(
					"The wait time of the " + key.kind() + " '" + name + "' must not be negative, but is " + waitTime);
		}
		if (fenced && key.kind() != LeaseKind.LOCK) {
			throw new IllegalArgumentException("Only a lock can be fenced, '" + name + "' is a " + key.kind());
		}
	}

	/**
	 * Returns this request with other times.
	 * @param timeout the longest that the holder may hold the lease, {@code null} for as
	 * long as it runs
	 * @param waitTime how long to wait for the lease
	 * @return the request
	 */
	public LeaseRequest within(@Nullable Duration timeout, Duration waitTime) {
		return new LeaseRequest(this.name, this.key, this.limit, timeout, waitTime, this.fenced, this.purpose);
	}

}
