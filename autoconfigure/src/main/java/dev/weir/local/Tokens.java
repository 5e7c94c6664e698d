package dev.weir.local;

import java.time.Instant;

import dev.weir.ratelimit.Quota;
import dev.weir.ratelimit.RateLimit;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.BucketState;
import io.github.bucket4j.MathType;
import io.github.bucket4j.TokensInheritanceStrategy;

/**
 * The tokens of a bucket in this JVM. Not thread-safe.
 */
sealed interface Tokens {

	/**
	 * Creates the tokens of a new bucket.
	 * @param limit its limit
	 * @param initial how many tokens it has
	 * @param now the time in nanoseconds since 1970
	 * @return the tokens
	 */
	static Tokens of(RateLimit limit, long initial, long now) {
		if (limit.quota() != null) {
			return Counted.of(limit, limit.quota(), limit.limit() - initial, now);
		}
		BucketState state = BucketState.createInitialState(Refilled.configuration(limit), MathType.INTEGER_64_BITS,
				now);
		if (initial < limit.burst()) {
			state.consume(limit.burst() - initial);
		}
		return new Refilled(state);
	}

	/**
	 * Returns a copy with the tokens of now.
	 * @param before the limit of the bucket
	 * @param limit the limit of the copy; a quota of the same period keeps the used
	 * tokens, any other bucket stays as full as it was, in proportion
	 * @param now the time
	 * @return the copy
	 */
	Tokens at(RateLimit before, RateLimit limit, long now);

	long left();

	void add(long tokens);

	/**
	 * Returns the time until there are as many tokens.
	 * @param tokens the number of tokens
	 * @param now the time
	 * @return the time in nanoseconds
	 */
	long nanosUntil(long tokens, long now);

	/**
	 * Returns the time until all tokens are there.
	 * @param now the time
	 * @return the time in nanoseconds
	 */
	long nanosUntilFull(long now);

	/**
	 * Returns whether tokens that were taken at a time cannot be given back any more.
	 * @param limit the limit of the bucket
	 * @param taken when the tokens were taken
	 * @param now the time
	 * @return whether the bucket has been refilled since
	 */
	boolean isRefilledSince(RateLimit limit, long taken, long now);

	/**
	 * Tokens that are added evenly, in the arithmetic of Bucket4j.
	 *
	 * @param state the state
	 */
	record Refilled(BucketState state) implements Tokens {

		static BucketConfiguration configuration(RateLimit limit) {
			return BucketConfiguration.builder()
				.addLimit((bandwidth) -> bandwidth.capacity(limit.burst()).refillGreedy(limit.limit(), limit.window()))
				.build();
		}

		@Override
		public Tokens at(RateLimit before, RateLimit limit, long now) {
			BucketState copy = this.state.copy();
			copy.refillAllBandwidth(now);
			if (before.equals(limit)) {
				return new Refilled(copy);
			}
			if (limit.quota() != null) {
				return Tokens.of(limit, Math.floorDiv(copy.getAvailableTokens() * limit.limit(), before.burst()), now);
			}
			return new Refilled(
					copy.replaceConfiguration(configuration(limit), TokensInheritanceStrategy.PROPORTIONALLY, now));
		}

		@Override
		public long left() {
			return this.state.getAvailableTokens();
		}

		@Override
		public void add(long tokens) {
			if (tokens < 0) {
				this.state.consume(-tokens);
			}
			else {
				this.state.addTokens(tokens);
			}
		}

		@Override
		public long nanosUntil(long tokens, long now) {
			return this.state.calculateDelayNanosAfterWillBePossibleToConsume(tokens, now, false);
		}

		@Override
		public long nanosUntilFull(long now) {
			return this.state.calculateFullRefillingTime(now);
		}

		@Override
		public boolean isRefilledSince(RateLimit limit, long taken, long now) {
			return now - taken > limit.nanosUntilFull();
		}

	}

	/**
	 * Tokens of a quota.
	 */
	final class Counted implements Tokens {

		private final long limit;

		private final long begin;

		private final long end;

		private long used;

		private Counted(long limit, long begin, long end, long used) {
			this.limit = limit;
			this.begin = begin;
			this.end = end;
			this.used = used;
		}

		static Counted of(RateLimit limit, Quota quota, long used, long now) {
			Instant at = Instant.ofEpochSecond(0, now);
			return new Counted(limit.limit(), nanos(quota.begin(at)), nanos(quota.end(at)), used);
		}

		private static long nanos(Instant instant) {
			return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
		}

		@Override
		public Tokens at(RateLimit before, RateLimit limit, long now) {
			if (now >= this.end || this.used <= 0) {
				return Tokens.of(limit, limit.burst(), now);
			}
			if (before.equals(limit) || limit.quota() != null && limit.quota().equals(before.quota())) {
				return new Counted(limit.limit(), this.begin, this.end, this.used);
			}
			return Tokens.of(limit, Math.floorDiv(left() * limit.burst(), this.limit), now);
		}

		@Override
		public long left() {
			return this.limit - this.used;
		}

		@Override
		public void add(long tokens) {
			this.used = Math.max(0, this.used - tokens);
		}

		@Override
		public long nanosUntil(long tokens, long now) {
			return (tokens > left()) ? this.end - now : 0;
		}

		@Override
		public long nanosUntilFull(long now) {
			return (this.used > 0) ? this.end - now : 0;
		}

		@Override
		public boolean isRefilledSince(RateLimit limit, long taken, long now) {
			return taken < this.begin;
		}

	}

}
