package dev.weir.ratelimit;

import java.time.Duration;

/**
 * The decision of one bucket.
 *
 * @param policy the name of the policy
 * @param limit the limit of the bucket
 * @param cost how many tokens the call asks for
 * @param allowed whether the bucket had them
 * @param remaining how many tokens are left; if another bucket denied the call, none were
 * taken here
 * @param retryAfter the time until the bucket has the tokens that it lacks, zero if
 * allowed
 * @param nextToken the time until the bucket has one token more, zero if it is full
 * @param shadow whether a denial has no consequence
 * @param source the source of the decision
 * @param due the time until the tokens are there that an allowed call has taken of the
 * near future, zero if they are there
 * @param micros the time of the decision, in microseconds since 1970, on the clock of the
 * store; 0 without a decision
 */
public record Decision(String policy, RateLimit limit, long cost, boolean allowed, long remaining, Duration retryAfter,
		Duration nextToken, boolean shadow, Source source, Duration due, long micros) {

	/**
	 * Creates a decision without a time.
	 * @param policy the name of the policy
	 * @param limit the limit of the bucket
	 * @param cost how many tokens the call asks for
	 * @param allowed whether the bucket had them
	 * @param remaining how many tokens are left
	 * @param retryAfter the time until the bucket has the tokens that it lacks
	 * @param nextToken the time until the bucket has one token more
	 * @param shadow whether a denial has no consequence
	 * @param source the source of the decision
	 */
	public Decision(String policy, RateLimit limit, long cost, boolean allowed, long remaining, Duration retryAfter,
			Duration nextToken, boolean shadow, Source source) {
		this(policy, limit, cost, allowed, remaining, retryAfter, nextToken, shadow, source, Duration.ZERO, 0);
	}

	/**
	 * Returns whether it makes sense to try again.
	 * @return {@code false} if the bucket can never hold as many tokens as the call asks
	 * for
	 */
	public boolean isPossible() {
		return this.cost <= this.limit.burst();
	}

	/**
	 * Returns a copy for a call that waits for another time.
	 * @param due the time until the tokens are there
	 * @return the decision
	 */
	Decision withDue(Duration due) {
		return new Decision(this.policy, this.limit, this.cost, this.allowed, this.remaining, this.retryAfter,
				this.nextToken, this.shadow, this.source, due, this.micros);
	}

	/**
	 * Returns a copy for a call that is denied after all.
	 * @param retryAfter the time until the bucket has the tokens again
	 * @return the decision
	 */
	Decision deniedFor(Duration retryAfter) {
		return new Decision(this.policy, this.limit, this.cost, false, 0, retryAfter, retryAfter, this.shadow,
				this.source, Duration.ZERO, this.micros);
	}

	/**
	 * Creates the decision for a charge that is allowed without a bucket.
	 * @param charge the charge
	 * @return the decision
	 */
	public static Decision open(Charge charge) {
		return new Decision(charge.policy(), charge.limit(), charge.cost(), true, charge.limit().burst(), Duration.ZERO,
				Duration.ZERO, charge.shadow(), Source.NOBODY);
	}

	/**
	 * The source of a decision.
	 */
	public enum Source {

		/** The bucket that all instances share. */
		SHARED,

		/** A bucket in this JVM, since the store did not answer. */
		LOCAL,

		/**
		 * No bucket: the store did not answer or the policy is switched off, and the call
		 * is allowed. The numbers of such a decision have no meaning.
		 */
		NOBODY

	}

}
