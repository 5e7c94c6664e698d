package dev.weir.ratelimit;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * A limit of {@code limit} tokens per {@code window}, added evenly over the window, and
 * of at most {@code burst} tokens at once.
 *
 * @param limit how many tokens are added per window, from 1 to 10^12
 * @param window the time in which they are added, from 1 ms to 365 days, in whole
 * microseconds
 * @param burst how many tokens the bucket holds, from 1 to 10^12; it starts full
 * @param quota the calendar by which the count begins anew, {@code null} for a token
 * bucket
 */
public record RateLimit(long limit, Duration window, long burst, @Nullable Quota quota) {

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
		if (quota != null && burst != limit) {
			throw new IllegalArgumentException("a limit per " + quota.period()
					+ " has no burst, because all of its tokens are there at the begin: remove the burst");
		}
	}

	/**
	 * Creates the limit of a token bucket.
	 * @param limit how many tokens are added per window, from 1 to 10^12
	 * @param window the time in which they are added, from 1 ms to 365 days, in whole
	 * microseconds
	 * @param burst how many tokens the bucket holds, from 1 to 10^12
	 */
	public RateLimit(long limit, Duration window, long burst) {
		this(limit, window, burst, null);
	}

	/**
	 * Creates a quota: a limit whose count begins anew at midnight.
	 * @param limit how many tokens each period has, from 1 to 10^12
	 * @param quota the calendar
	 * @return the limit
	 */
	public static RateLimit of(long limit, Quota quota) {
		return new RateLimit(limit, quota.period().longest(), limit, quota);
	}

	/**
	 * Returns how long a bucket takes to get all of its tokens.
	 * @return the time in nanoseconds
	 */
	public double nanosUntilFull() {
		return (double) this.window.toNanos() / this.limit * this.burst;
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
		return this.limit + "/" + ((this.quota != null) ? this.quota : this.window)
				+ ((this.burst != this.limit) ? " burst " + this.burst : "");
	}

}
