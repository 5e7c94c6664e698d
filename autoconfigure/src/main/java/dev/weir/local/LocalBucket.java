package dev.weir.local;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import dev.weir.ratelimit.BucketLevel;
import dev.weir.ratelimit.RateLimit;

/**
 * A bucket in this JVM. Times are in nanoseconds since 1970.
 *
 * @param key its key
 * @param limit its limit
 * @param tokens its tokens, never changed
 * @param pausedUntil until when it grants nothing
 * @param fullAt when it is full again, is not paused, and need not be kept
 */
record LocalBucket(String key, RateLimit limit, Tokens tokens, long pausedUntil, long fullAt) {

	static LocalBucket of(String key, RateLimit limit, Tokens tokens, long pausedUntil, long now) {
		long full = tokens.nanosUntilFull(now);
		long fullAt = (full < Long.MAX_VALUE - now) ? now + full : Long.MAX_VALUE;
		return new LocalBucket(key, limit, tokens, pausedUntil, Math.max(fullAt, pausedUntil));
	}

	BucketLevel level(long now) {
		Tokens current = this.tokens.at(this.limit, this.limit, now);
		return BucketLevel.of(this.key, current.left(), this.limit,
				(this.limit.quota() != null) ? Duration.ofNanos(current.nanosUntil(Long.MAX_VALUE, now))
						: Duration.ZERO,
				Duration.ofNanos(TimeUnit.MICROSECONDS
					.toNanos(TimeUnit.NANOSECONDS.toMicros(Math.max(0, this.pausedUntil - now)))));
	}

}
