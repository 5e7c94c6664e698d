package dev.weir.ratelimit;

import java.time.Duration;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.BucketConfiguration;

/**
 * A limit of {@code limit} tokens per {@code window}, added evenly over the window, and
 * of at most {@code burst} tokens at once.
 *
 * @param limit how many tokens are added per window, at least 1
 * @param window the time in which they are added, at least 1 ms and at most 365 days
 * @param burst how many tokens the bucket holds, at least 1; it starts full
 */
public record RateLimit(long limit, Duration window, long burst) {

	private static final Duration SHORTEST_WINDOW = Duration.ofMillis(1);

	private static final Duration LONGEST_WINDOW = Duration.ofDays(365);

	public RateLimit {
		if (limit < 1) {
			throw new IllegalArgumentException("the limit must be at least 1, not " + limit);
		}
		if (burst < 1) {
			throw new IllegalArgumentException("the burst must be at least 1, not " + burst);
		}
		if (window.compareTo(SHORTEST_WINDOW) < 0 || window.compareTo(LONGEST_WINDOW) > 0) {
			throw new IllegalArgumentException("the window must be between 1ms and 365d, not " + window);
		}
		if (limit > window.toNanos()) {
			throw new IllegalArgumentException("the limit must not be more than one token per nanosecond");
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

	BucketConfiguration toConfiguration() {
		return BucketConfiguration.builder()
			.addLimit((limit) -> limit.capacity(this.burst).refillGreedy(this.limit, this.window))
			.build();
	}

	boolean matches(BucketConfiguration configuration) {
		Bandwidth[] bandwidths = configuration.getBandwidths();
		return bandwidths.length == 1 && bandwidths[0].getCapacity() == this.burst
				&& bandwidths[0].getRefillTokens() == this.limit
				&& bandwidths[0].getRefillPeriodNanos() == this.window.toNanos() && bandwidths[0].isGready();
	}

	@Override
	public String toString() {
		return this.limit + "/" + this.window + ((this.burst != this.limit) ? " burst " + this.burst : "");
	}

}
