package dev.weir.policy;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Rejects values of properties that a lock or semaphore cannot have.
 */
public final class AttributeChecks {

	private AttributeChecks() {
	}

	/**
	 * Checks the values of properties.
	 * @param limit how many holders there can be at a time, {@code null} if not set
	 * @param timeout the longest time that one holder may hold the lease, {@code null} if
	 * not set
	 * @param waitTime how long a caller waits for the lease, {@code null} if not set
	 * @throws IllegalArgumentException if a value cannot be used
	 */
	public static void check(@Nullable Integer limit, @Nullable Duration timeout, @Nullable Duration waitTime) {
		if (limit != null && limit < 1) {
			throw new IllegalArgumentException("'limit' must be at least 1, not " + limit);
		}
		if (timeout != null && timeout.toMillis() < 1) {
			throw new IllegalArgumentException("'timeout' must be at least 1ms, not " + timeout);
		}
		if (waitTime != null && waitTime.isNegative()) {
			throw new IllegalArgumentException("'wait-time' must not be negative: use 0 to not wait");
		}
	}

}
