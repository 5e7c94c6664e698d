package dev.weir.redis;

import java.math.BigInteger;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.weir.ratelimit.BucketStore.Action;
import dev.weir.ratelimit.BucketStore.Call;
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
	private static final int FIELDS = 5;

	private static final BigInteger LONGEST_MICROS = BigInteger.valueOf(Long.MAX_VALUE / 2);

	long time() {
		return ((Number) this.numbers.get(0)).longValue();
	}

	private long number(int bucket, int field) {
		return ((Number) this.numbers.get(1 + bucket * FIELDS + field)).longValue();
	}

	/**
	 * Returns whether the script has only returned its time, and changed nothing: the
	 * time is too far away from the time of this instance.
	 * @return whether the batch can be sent again
	 */
	boolean isOnlyTime() {
		return this.numbers.size() == 1;
	}

	/**
	 * Returns a bucket after one call of a run.
	 * @param call one of the calls
	 * @param take the call's part of the bucket
	 * @param number the number of the call in its run, from 1 on
	 * @param bucket the number of the bucket in the reply, from 0 on
	 * @return the level, {@code null} if the key holds anything other than a bucket
	 */
	@Nullable Level level(Call call, Take take, int number, int bucket) {
		long taken = number(bucket, 0);
		if (taken < 0) {
			return null;
		}
		long left = number(bucket, 1);
		Duration pause = Duration.of(number(bucket, 4), ChronoUnit.MICROS);
		long tokens = left + Math.max(0, taken - number) * take.cost();
		long burst = take.limit().burst();
		Duration wait = later(pause, until(take.limit(), -tokens, bucket));
		Duration due = later(pause, until(take.limit(), Math.min(take.cost(), burst) - tokens, bucket));
		boolean took = number <= taken;
		boolean has = took || take.cost() <= Math.max(0, left) && pause.isZero()
				|| !take.shadow() && take.cost() <= burst && take.limit().quota() == null && !take.waitTime().isZero()
						&& due.compareTo(take.waitTime()) <= 0;
		return new Level(has, tokens, has ? Duration.ZERO : due,
				(tokens < burst) ? later(pause, until(take.limit(), 1, bucket)) : pause,
				(took && call.action() == Action.TAKE) ? wait : Duration.ZERO, null);
	}

	private static Duration later(Duration one, Duration other) {
		return (one.compareTo(other) > 0) ? one : other;
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
	 * Returns a bucket after a pause has begun or was lifted.
	 * @param bucket the number of the bucket in the reply, from 0 on
	 * @return the level, {@code null} if the key holds anything other than a bucket
	 */
	@Nullable Level paused(int bucket) {
		Duration pause = Duration.of(number(bucket, 4), ChronoUnit.MICROS);
		return (number(bucket, 0) < 0) ? null : new Level(pause.isZero(), 0, pause, pause);
	}

	/**
	 * Returns by how much later a pause makes all tokens of a bucket become due.
	 * @param bucket the number of the bucket in the reply, from 0 on
	 * @return the time, negative if the pause was lifted, zero if it has not changed
	 */
	Duration shift(int bucket) {
		return (number(bucket, 0) < 0) ? Duration.ZERO : Duration.of(number(bucket, 1), ChronoUnit.MICROS);
	}

	/**
	 * Returns when a bucket has more tokens.
	 * @param limit its limit
	 * @param missing how many tokens more
	 * @param bucket the number of the bucket in the reply
	 * @return the time, rounded up to a microsecond; zero if no token is missing
	 */
	private Duration until(RateLimit limit, long missing, int bucket) {
		long remainder = number(bucket, 2);
		long aheadMicros = number(bucket, 3);
		if (missing <= 0) {
			return Duration.ZERO;
		}
		if (limit.quota() != null) {
			return Duration.of(aheadMicros, ChronoUnit.MICROS);
		}
		long window = micros(limit.window());
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

	static long micros(Duration duration) {
		return TimeUnit.SECONDS.toMicros(duration.getSeconds()) + TimeUnit.NANOSECONDS.toMicros(duration.getNano());
	}

}
