package dev.weir.ratelimit;

import java.time.Duration;

import dev.weir.core.OnUnavailable;

/**
 * The tokens that one call takes from one bucket.
 *
 * @param policy the name of the policy
 * @param key the key of the bucket
 * @param limit the limit of the bucket
 * @param cost how many tokens the call takes; 0 takes none and is always allowed
 * @param onUnavailable the behaviour when the store does not answer
 * @param shadow whether a denial is only counted and reported
 * @param anonymous whether a client can get any number of such buckets without
 * authentication; this JVM keeps them apart from the others, within a bound of their own
 * @param estimate whether the cost is an estimate, which a {@link Reservation} settles
 * @param waitTime how long the call may wait for the tokens, zero to be denied at once
 */
public record Charge(String policy, String key, RateLimit limit, long cost, OnUnavailable onUnavailable, boolean shadow,
		boolean anonymous, boolean estimate, Duration waitTime) {

	public Charge {
		if (cost < 0) {
			throw new IllegalArgumentException("The cost of '" + policy + "' must not be negative, but is " + cost);
		}
	}

	/**
	 * Creates a charge whose cost is no estimate.
	 * @param policy the name of the policy
	 * @param key the key of the bucket
	 * @param limit the limit of the bucket
	 * @param cost how many tokens the call takes
	 * @param onUnavailable the behaviour when the store does not answer
	 * @param shadow whether a denial is only counted and reported
	 * @param anonymous whether a client can get any number of such buckets
	 */
	public Charge(String policy, String key, RateLimit limit, long cost, OnUnavailable onUnavailable, boolean shadow,
			boolean anonymous) {
		this(policy, key, limit, cost, onUnavailable, shadow, anonymous, false, Duration.ZERO);
	}

	/**
	 * Creates the charge of a bucket that clients cannot invent.
	 * @param policy the name of the policy
	 * @param key the key of the bucket
	 * @param limit the limit of the bucket
	 * @param cost how many tokens the call takes
	 * @param onUnavailable the behaviour when the store does not answer
	 * @param shadow whether a denial is only counted and reported
	 */
	public Charge(String policy, String key, RateLimit limit, long cost, OnUnavailable onUnavailable, boolean shadow) {
		this(policy, key, limit, cost, onUnavailable, shadow, false);
	}

	/**
	 * Returns a copy with another limit.
	 * @param limit the limit
	 * @return the charge
	 */
	public Charge withLimit(RateLimit limit) {
		return new Charge(this.policy, this.key, limit, this.cost, this.onUnavailable, this.shadow, this.anonymous,
				this.estimate, this.waitTime);
	}

	/**
	 * Returns a copy with another wait time.
	 * @param waitTime how long the call may wait for the tokens
	 * @return the charge
	 */
	public Charge withWaitTime(Duration waitTime) {
		return new Charge(this.policy, this.key, this.limit, this.cost, this.onUnavailable, this.shadow, this.anonymous,
				this.estimate, waitTime);
	}

	/**
	 * Returns a copy whose cost is an estimate.
	 * @return the charge
	 */
	public Charge asEstimate() {
		return new Charge(this.policy, this.key, this.limit, this.cost, this.onUnavailable, this.shadow, this.anonymous,
				true, this.waitTime);
	}

}
