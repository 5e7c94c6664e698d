package dev.weir.actuate;

import java.time.Duration;

import dev.weir.ratelimit.BucketLevel;

/**
 * One bucket.
 *
 * @param key the key of the bucket
 * @param remaining the current number of tokens
 * @param limit the number of tokens that are added per window
 * @param window the window
 * @param burst the largest number of tokens
 */
public record LiveBucket(String key, long remaining, long limit, Duration window, long burst) {

	static LiveBucket of(BucketLevel level) {
		return new LiveBucket(level.key(), level.remaining(), level.limit().limit(), level.limit().window(),
				level.limit().burst());
	}

}
