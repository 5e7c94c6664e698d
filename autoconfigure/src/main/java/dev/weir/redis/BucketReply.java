package dev.weir.redis;

import java.math.BigInteger;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.weir.ratelimit.BucketStore.Level;
import dev.weir.ratelimit.BucketStore.Settled;
import dev.weir.ratelimit.BucketStore.Take;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * The reply of {@code bucket-decide.lua}.
 *
 * @param numbers the numbers of the reply
 */
record BucketReply(List<Object> numbers) {

	/** How many numbers the script returns for each bucket of a call. */
	private static final int FIELDS = 4;

	private static final BigInteger LONGEST_MICROS = BigInteger.valueOf(Long.MAX_VALUE / 2);

	long time() {
		return ((Number) this.numbers.get(0)).longValue();
	}

	private long number(int bucket, int field) {
		return ((Number) this.numbers.get(1 + bucket * FIELDS + field)).longValue();
	}

	/**
	 * Returns a bucket after one call of a run.
	 * @param take the call's part of the bucket
	 * @param call the number of the call in its run, from 1 on
	 * @param bucket the number of the bucket in the reply, from 0 on
	 * @return the level, {@code null} if the key holds anything other than a bucket
	 */
	@Nullable Level level(Take take, int call, int bucket) {
		long taken = number(bucket, 0);
		if (taken < 0) {
			return null;
		}
		long left = number(bucket, 1);
		long remainder = number(bucket, 2);
		long aheadMicros = number(bucket, 3);
		long tokens = left + Math.max(0, taken - call) * take.cost();
		boolean has = call <= taken || take.cost() <= Math.max(0, left);
		long burst = take.limit().burst();
		return new Level(has, tokens,
				has ? Duration.ZERO
						: until(take.limit(), Math.min(take.cost(), burst) - tokens, remainder, aheadMicros),
				(tokens < burst) ? until(take.limit(), 1, remainder, aheadMicros) : Duration.ZERO);
	}

	/**
	 * Returns a bucket after a settlement.
	 * @param bucket the number of the bucket in the reply, from 0 on
	 * @return the level, {@code null} if the key holds anything other than a bucket
	 */
	@Nullable Level settled(int bucket) {
		long outcome = number(bucket, 0);
		if (outcome < 0) {
			return null;
		}
		Settled settled = (outcome == 0) ? Settled.REPEATED : (outcome == 2) ? Settled.LATE
				: new Settled(Settled.Outcome.SETTLED, number(bucket, 2), number(bucket, 3));
		return Level.settled(number(bucket, 1), settled);
	}

	/**
	 * Returns when a bucket has more tokens.
	 * @param limit its limit
	 * @param missing how many tokens more
	 * @param remainder the part of a token that it holds, in windows of a microsecond
	 * @param aheadMicros when it begins to get tokens
	 * @return the time, rounded up to a microsecond
	 */
	private static Duration until(RateLimit limit, long missing, long remainder, long aheadMicros) {
		long window = windowMicros(limit);
		long micros;
		if (missing <= Long.MAX_VALUE / window) {
			micros = -Math.floorDiv(remainder - missing * window, limit.limit());
		}
		else {
			BigInteger[] divided = BigInteger.valueOf(missing)
				.multiply(BigInteger.valueOf(window))
				.subtract(BigInteger.valueOf(remainder))
				.divideAndRemainder(BigInteger.valueOf(limit.limit()));
			micros = divided[0].add(BigInteger.valueOf(divided[1].signum())).min(LONGEST_MICROS).longValue();
		}
		return Duration.of(micros + aheadMicros, ChronoUnit.MICROS);
	}

	static long windowMicros(RateLimit limit) {
		return TimeUnit.NANOSECONDS.toMicros(limit.window().toNanos());
	}

}
