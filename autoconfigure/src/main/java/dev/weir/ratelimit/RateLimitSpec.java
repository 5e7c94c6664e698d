package dev.weir.ratelimit;

import org.jspecify.annotations.Nullable;

/**
 * A request of application code for tokens of a rate limit. This is the counterpart of
 * {@code @RateLimited}. Immutable: each method returns a changed copy. A value that is
 * not set comes from the annotation with that name, if there is one; the properties
 * {@code weir.rate-limit.policies.<name>.*} override both.
 *
 * @param name the name of the policy, part of the key in Redis
 * @param key the key that has a bucket of its own, {@code null} for one bucket for all
 * calls; may come from a user
 * @param user the user with a separate bucket, as a {@link UserKeyResolver} would return
 * it, {@code null} for the current user if the annotation sets {@code perUser}, else for
 * no user
 * @param limit the limit, {@code null} for that of the annotation or the properties
 * @param cost how many tokens to take, at least 0
 * @param estimate whether the cost is an estimate, which a {@link Reservation} settles
 */
public record RateLimitSpec(String name, @Nullable String key, @Nullable String user, @Nullable RateLimit limit,
		long cost, boolean estimate) {

	public RateLimitSpec {
		if (cost < 0) {
			throw new IllegalArgumentException("The cost of '" + name + "' must not be negative, but is " + cost);
		}
	}

	/**
	 * Creates a spec for one token of a policy.
	 * @param name the name of the policy
	 * @return the spec
	 */
	public static RateLimitSpec of(String name) {
		return new RateLimitSpec(name, null, null, null, 1, false);
	}

	/**
	 * Returns a copy with another key, which has a bucket of its own.
	 * @param key the key; may come from a user
	 * @return the spec
	 */
	public RateLimitSpec key(String key) {
		return new RateLimitSpec(this.name, key, this.user, this.limit, this.cost, this.estimate);
	}

	/**
	 * Returns a copy with another user with a separate bucket.
	 * @param user the user, as a {@link UserKeyResolver} would return it
	 * @return the spec
	 */
	public RateLimitSpec user(String user) {
		return new RateLimitSpec(this.name, this.key, user, this.limit, this.cost, this.estimate);
	}

	/**
	 * Returns a copy with another limit.
	 * @param limit the limit
	 * @return the spec
	 */
	public RateLimitSpec limit(RateLimit limit) {
		return new RateLimitSpec(this.name, this.key, this.user, limit, this.cost, this.estimate);
	}

	/**
	 * Returns a copy with another number of tokens to take.
	 * @param cost the number, at least 0
	 * @return the spec
	 */
	public RateLimitSpec cost(long cost) {
		return new RateLimitSpec(this.name, this.key, this.user, this.limit, cost, false);
	}

	/**
	 * Returns a copy with a number of tokens to take by estimate. A {@link Reservation}
	 * settles it.
	 * @param cost the estimate, at least 0
	 * @return the spec
	 */
	public RateLimitSpec estimate(long cost) {
		return new RateLimitSpec(this.name, this.key, this.user, this.limit, cost, true);
	}

}
