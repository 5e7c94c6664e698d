package dev.weir.ratelimit;

import java.time.Duration;

/**
 * A limit of {@code limit} tokens per {@code window}, added evenly over the window, and
 * of at most {@code burst} tokens at once.
 *
 * @param limit how many tokens are added per window, from 1 to 10^12
 * @param window the time in which they are added, from 1 ms to 365 days, in whole
 * microseconds
 * @param burst how many tokens the bucket holds, from 1 to 10^12; it starts full
 */
public record RateLimit(long limit, Duration window, long burst) {

	/** The largest limit, burst and cost. */
	public static final long MAX = 1_000_000_000_000L;

	private static final Duration SHORTEST_WINDOW = Duration.ofMillis(1);

	private static final Duration LONGEST_WINDOW = Duration.ofDays(365);

	public RateLimit {
		require("limit", limit);
		require("burst", burst);
		if (window.compareTo(SHORTEST_WINDOW) < 0 || window.compareTo(LONGEST_WINDOW) > 0) {
			throw new IllegalArgumentException("the window must be between 1ms and 365d, not " + window);
		}
		if (limit > window.toNanos()) {
			throw new IllegalArgumentException("the limit must not be more than one token per nanosecond");
		}
	}

	private static void require(String name, long value) {
		if (value < 1) {
			throw new IllegalArgumentException("the " + name + " must be at least 1, not " + value);
		}
		if (value > MAX) {
			throw new IllegalArgumentException("the " + name + " must be at most " + MAX + ", not " + value);
		}
	}

	/**
	 * Creates a limit whose bucket holds the tokens of one window.
	 * @param limit how many tokens are added per window
	 * @param window the window
	 * @return the limit
	 */
	public static RateLimit of(long limit, Duration window) {
		return new RateLimit(limit, window, limit);
	}

	@Override
	public String toString() {
		return this.limit + "/" + this.window + ((this.burst != this.limit) ? " burst " + this.burst : "");
	}

}
