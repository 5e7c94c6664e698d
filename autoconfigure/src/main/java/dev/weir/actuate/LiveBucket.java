package dev.weir.actuate;

import java.time.Duration;

import dev.weir.ratelimit.BucketLevel;
import org.jspecify.annotations.Nullable;

/**
 * One bucket.
 *
 * @param key the key of the bucket
 * @param remaining the current number of tokens
 * @param limit the number of tokens that are added per window
 * @param window the window
 * @param burst the largest number of tokens
 * @param debt how many tokens the bucket lacks
 * @param anew the time until the count of a quota begins anew, {@code null} for a token
 * bucket
 * @param paused how long the bucket grants nothing, {@code null} if it is not paused
 */
public record LiveBucket(String key, long remaining, long limit, Duration window, long burst, long debt,
		@Nullable Duration anew, @Nullable Duration paused) {

	static LiveBucket of(BucketLevel level) {
		return new LiveBucket(level.key(), level.remaining(), level.limit().limit(), level.limit().window(),
				level.limit().burst(), level.debt(), orNull(level.anew()), orNull(level.pause()));
	}

	private static @Nullable Duration orNull(Duration duration) {
		return duration.isZero() ? null : duration;
	}

}
