package dev.weir.ratelimit;

import java.time.Duration;

/**
 * The fill level of a bucket.
 *
 * @param key its key
 * @param remaining how many tokens it holds now
 * @param limit its limit; for a quota, the window is the length of the period
 * @param debt how many tokens it lacks, because calls have used more than their estimates
 * or wait for tokens of the near future
 * @param anew when the count of a quota begins anew, zero for a token bucket
 * @param pause how long it grants nothing, zero if it is not paused
 */
public record BucketLevel(String key, long remaining, RateLimit limit, long debt, Duration anew, Duration pause) {

	/**
	 * Creates a level.
	 * @param key the key
	 * @param tokens how many tokens the bucket holds now, negative for a debt
	 * @param limit the limit
	 * @param anew when the count of a quota begins anew, zero for a token bucket
	 * @param pause how long the bucket grants nothing
	 * @return the level
	 */
	public static BucketLevel of(String key, long tokens, RateLimit limit, Duration anew, Duration pause) {
		return new BucketLevel(key, Math.max(0, tokens), limit, Math.max(0, -tokens), anew, pause);
	}

}
