package dev.weir.ratelimit;

import java.time.Duration;

/**
 * What one bucket answered.
 *
 * @param policy the name of the policy
 * @param limit the limit of the bucket
 * @param cost how many tokens were asked for
 * @param allowed whether the bucket had them
 * @param remaining how many tokens are left; if another bucket denied the call, none were
 * taken here
 * @param retryAfter when the bucket will have the tokens that it lacks, zero if allowed
 * @param nextToken when the bucket will have one token more, zero if it is full
 * @param shadow whether a denial has no consequence
 * @param source who decided
 */
public record Decision(String policy, RateLimit limit, long cost, boolean allowed, long remaining, Duration retryAfter,
		Duration nextToken, boolean shadow, Source source) {

	/**
	 * Whether it makes sense to try again.
	 * @return {@code false} if the bucket can never hold as many tokens as were asked for
	 */
	public boolean isPossible() {
		return this.cost <= this.limit.burst();
	}

	/**
	 * Allows a charge of which nobody decides.
	 * @param charge the charge
	 * @return the decision
	 */
	public static Decision open(Charge charge) {
		return new Decision(charge.policy(), charge.limit(), charge.cost(), true, charge.limit().burst(), Duration.ZERO,
				Duration.ZERO, charge.shadow(), Source.NOBODY);
	}

	/**
	 * Who decided.
	 */
	public enum Source {

		/** The bucket that all instances share. */
		SHARED,

		/** A bucket in this JVM, since the store did not answer. */
		LOCAL,

		/**
		 * Nobody: the store did not answer or the policy is switched off, and the call is
		 * allowed. The numbers of such a decision mean nothing.
		 */
		NOBODY

	}

}
