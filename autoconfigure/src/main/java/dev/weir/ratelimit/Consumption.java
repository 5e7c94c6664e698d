package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

import io.github.bucket4j.BucketState;
import io.github.bucket4j.MathType;
import io.github.bucket4j.TokensInheritanceStrategy;
import io.github.bucket4j.distributed.remote.MutableBucketEntry;
import io.github.bucket4j.distributed.remote.RemoteBucketState;
import io.github.bucket4j.distributed.remote.RemoteStat;

/**
 * Takes the tokens of one call from all of its buckets, or from none.
 * <p>
 * A bucket that was created for another limit is first changed to the new limit and stays
 * as full as it was, in proportion. Denials change nothing, not even the limit, with one
 * exception: a bucket from the future. The clock of the store was set back, and the
 * bucket would get no tokens until the clock has caught up.
 *
 * @param charges the charges, in the order of the buckets
 * @param take whether to take the tokens, or only to check whether they are there
 * @param initialTokens returns the number of tokens of a new bucket
 * @param source the source of the decisions
 * @param tolerance how far the time of a bucket may be ahead of the time of a step,
 * because instances assume different times
 */
record Consumption(List<Charge> charges, boolean take, ToLongFunction<Charge> initialTokens, Decision.Source source,
		Duration tolerance) implements Step<Decisions> {

	@Override
	public Decisions apply(List<MutableBucketEntry> buckets, long nanos) {
		List<RemoteBucketState> states = new ArrayList<>(buckets.size());
		boolean allowed = true;
		for (int i = 0; i < buckets.size(); i++) {
			Charge charge = this.charges.get(i);
			RemoteBucketState state = state(buckets.get(i), charge, nanos);
			states.add(state);
			allowed &= charge.shadow() || charge.cost() <= state.getAvailableTokens();
		}
		List<Decision> decisions = new ArrayList<>(buckets.size());
		for (int i = 0; i < buckets.size(); i++) {
			decisions.add(decide(buckets.get(i), states.get(i), this.charges.get(i), allowed, nanos));
		}
		return new Decisions(decisions);
	}

	private RemoteBucketState state(MutableBucketEntry bucket, Charge charge, long nanos) {
		RateLimit limit = charge.limit();
		if (!bucket.exists()) {
			return created(limit, this.initialTokens.applyAsLong(charge), nanos);
		}
		RemoteBucketState state = bucket.get();
		state.refillAllBandwidth(nanos);
		if (!limit.matches(state.getConfiguration())) {
			state.replaceConfiguration(limit.toConfiguration(), TokensInheritanceStrategy.PROPORTIONALLY, nanos);
		}
		long tokens = state.getAvailableTokens();
		if (this.take && tokens < Math.min(charge.cost(), limit.burst()) && isFromTheFuture(state, nanos)) {
			state = created(limit, tokens, nanos);
			bucket.set(state);
		}
		return state;
	}

	private static RemoteBucketState created(RateLimit limit, long tokens, long nanos) {
		RemoteBucketState state = new RemoteBucketState(
				BucketState.createInitialState(limit.toConfiguration(), MathType.INTEGER_64_BITS, nanos),
				new RemoteStat(0), null);
		if (tokens < limit.burst()) {
			state.consume(limit.burst() - tokens);
		}
		return state;
	}

	/**
	 * Returns whether the time of a bucket is ahead of a step by more than the tolerance.
	 * Bucket4j does not return the time of the last refill, so this method refills a
	 * copy.
	 */
	private boolean isFromTheFuture(RemoteBucketState state, long nanos) {
		RemoteBucketState later = state.copy();
		long next = nanosUntil(state, state.getAvailableTokens() + 1, nanos);
		later.refillAllBandwidth(nanos + next + this.tolerance.toNanos());
		return later.getAvailableTokens() == state.getAvailableTokens();
	}

	private Decision decide(MutableBucketEntry bucket, RemoteBucketState state, Charge charge, boolean allAllow,
			long nanos) {
		boolean allowed = charge.cost() <= state.getAvailableTokens();
		if (this.take && allAllow && allowed && charge.cost() > 0) {
			state.consume(charge.cost());
			bucket.set(state);
		}
		long remaining = Math.max(0, state.getAvailableTokens());
		long capacity = charge.limit().burst();
		long wait = allowed ? 0 : nanosUntil(state, Math.min(charge.cost(), capacity), nanos);
		long next = (remaining < capacity) ? nanosUntil(state, state.getAvailableTokens() + 1, nanos) : 0;
		return new Decision(charge.policy(), charge.limit(), charge.cost(), allowed, remaining, Duration.ofNanos(wait),
				Duration.ofNanos(next), charge.shadow(), this.source);
	}

	private static long nanosUntil(RemoteBucketState state, long tokens, long nanos) {
		return state.calculateDelayNanosAfterWillBePossibleToConsume(tokens, nanos, false);
	}

}
