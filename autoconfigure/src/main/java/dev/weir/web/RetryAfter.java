package dev.weir.web;

import java.time.Duration;

/**
 * Computes the value of {@code Retry-After} (RFC 9110, section 10.2.3).
 */
public final class RetryAfter {

	private RetryAfter() {
	}

	/**
	 * Returns the number of seconds after which a retry makes sense.
	 * @param wait the time after which a retry makes sense
	 * @return whole seconds, at least 1
	 */
	public static long seconds(Duration wait) {
		return Math.max(1, roundedUp(wait));
	}

	/**
	 * Rounds a duration up, so that a client that waits this long does not come too
	 * early.
	 * @param duration a duration
	 * @return whole seconds
	 */
	public static long roundedUp(Duration duration) {
		return duration.plusNanos(999_999_999).toSeconds();
	}

}
