package dev.weir.ratelimit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.distributed.remote.RemoteBucketState;
import org.jspecify.annotations.Nullable;

/**
 * The fill level of a bucket.
 *
 * @param key its key
 * @param remaining how many tokens it holds now
 * @param limit its limit
 */
public record BucketLevel(String key, long remaining, RateLimit limit) {

	/**
	 * Reads a bucket.
	 * @param key its key
	 * @param bucket the stored bucket
	 * @param micros the time of the store, in microseconds since 1970
	 * @return its level, {@code null} if the stored value is not a bucket of this version
	 */
	public static @Nullable BucketLevel of(String key, StoredBucket bucket, long micros) {
		RemoteBucketState stored = bucket.state();
		if (stored == null) {
			return null;
		}
		try {
			RemoteBucketState state = stored.copy();
			state.refillAllBandwidth(TimeUnit.MICROSECONDS.toNanos(micros));
			Bandwidth bandwidth = state.getConfiguration().getBandwidths()[0];
			return new BucketLevel(key, state.getAvailableTokens(), new RateLimit(bandwidth.getRefillTokens(),
					Duration.ofNanos(bandwidth.getRefillPeriodNanos()), bandwidth.getCapacity()));
		}
		catch (RuntimeException ex) {
			return null;
		}
	}

}
