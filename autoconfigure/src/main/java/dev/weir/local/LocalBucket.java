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
 * @param pause its pauses
 * @param fullAt when it is full again, is not paused, and need not be kept
 */
record LocalBucket(String key, RateLimit limit, Tokens tokens, Pause pause, long fullAt) {

	static LocalBucket of(String key, RateLimit limit, Tokens tokens, Pause pause, long now) {
		long from = (limit.quota() != null) ? now : Math.max(now, pause.until());
		long full = tokens.nanosUntilFull(pause.timeOf(limit, now));
		long fullAt = (full < Long.MAX_VALUE - from) ? from + full : Long.MAX_VALUE;
		return new LocalBucket(key, limit, tokens, pause, Math.max(fullAt, pause.until()));
	}

	BucketLevel level(long now) {
		Tokens current = this.tokens.at(this.limit, this.limit, this.pause.timeOf(this.limit, now));
		return BucketLevel.of(this.key, current.left(), this.limit,
				(this.limit.quota() != null) ? Duration.ofNanos(current.nanosUntil(Long.MAX_VALUE, now))
						: Duration.ZERO,
				Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(TimeUnit.NANOSECONDS.toMicros(this.pause.left(now)))));
	}

	/**
	 * The pauses of a bucket.
	 *
	 * @param until until when the bucket grants nothing, 0 for no pause
	 * @param lag the length of all pauses: for so long no tokens were added
	 */
	record Pause(long until, long lag) {

		static final Pause NONE = new Pause(0, 0);

		long left(long now) {
			return Math.max(0, this.until - now);
		}

		/**
		 * Returns the time for which the tokens are computed. It stands still in a pause.
		 * @param limit the limit of the bucket; a quota has the time of the calendar
		 * @param now the time
		 * @return the time of the tokens
		 */
		long timeOf(RateLimit limit, long now) {
			return (limit.quota() != null) ? now : Math.max(now, this.until) - this.lag;
		}

		/**
		 * Returns a pause that begins now, or lasts longer, or is lifted.
		 * @param nanos the length from now on, 0 to lift the pause
		 * @param now the time
		 * @return the pause
		 */
		Pause change(long nanos, long now) {
			long before = Math.max(now, this.until);
			long after = (nanos > 0) ? Math.max(before, now + nanos) : now;
			return new Pause((after > now) ? after : 0, this.lag + after - before);
		}

	}

}
