package dev.weir.local;

import dev.weir.ratelimit.BucketLevel;
import dev.weir.ratelimit.RateLimit;
import io.github.bucket4j.BucketState;

/**
 * A bucket in this JVM.
 *
 * @param key its key
 * @param limit its limit
 * @param state its state, never changed
 * @param fullAt when it is full again and need not be kept
 */
record LocalBucket(String key, RateLimit limit, BucketState state, long fullAt) {

	static LocalBucket of(String key, RateLimit limit, BucketState state, long now) {
		long full = state.calculateFullRefillingTime(now);
		return new LocalBucket(key, limit, state, (full < Long.MAX_VALUE - now) ? now + full : Long.MAX_VALUE);
	}

	BucketLevel level(long now) {
		BucketState current = this.state.copy();
		current.refillAllBandwidth(now);
		return new BucketLevel(this.key, current.getAvailableTokens(), this.limit);
	}

}
