package dev.weir.web;

import java.time.Duration;

/**
 * The value of {@code Retry-After} (RFC 9110, section 10.2.3).
 */
public final class RetryAfter {

	private RetryAfter() {
	}

	/**
	 * Returns when it makes sense to try again.
	 * @param wait how long that takes
	 * @return whole seconds, at least 1
	 */
	public static long seconds(Duration wait) {
		return Math.max(1, roundedUp(wait));
	}

	/**
	 * Rounds up: who comes back in time must not come too early.
	 * @param duration a duration
	 * @return whole seconds
	 */
	public static long roundedUp(Duration duration) {
		return duration.plusNanos(999_999_999).toSeconds();
	}

}
