package dev.weir.ratelimit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.distributed.remote.MutableBucketEntry;
import io.github.bucket4j.distributed.remote.RemoteBucketState;
import org.jspecify.annotations.Nullable;

/**
 * How full a bucket is.
 *
 * @param key its key
 * @param remaining how many tokens it holds now
 * @param limit its limit
 */
public record BucketLevel(String key, long remaining, RateLimit limit) {

	/**
	 * Reads the state of a bucket.
	 * @param key its key
	 * @param state its state in the store
	 * @param micros the time of the store, in microseconds since 1970
	 * @return how full it is, {@code null} if that is no bucket of this version
	 */
	public static @Nullable BucketLevel of(String key, byte[] state, long micros) {
		try {
			RemoteBucketState bucket = new MutableBucketEntry(state).get();
			bucket.refillAllBandwidth(TimeUnit.MICROSECONDS.toNanos(micros));
			Bandwidth bandwidth = bucket.getConfiguration().getBandwidths()[0];
			return new BucketLevel(key, bucket.getAvailableTokens(), new RateLimit(bandwidth.getRefillTokens(),
					Duration.ofNanos(bandwidth.getRefillPeriodNanos()), bandwidth.getCapacity()));
		}
		catch (RuntimeException ex) {
			return null;
		}
	}

}
