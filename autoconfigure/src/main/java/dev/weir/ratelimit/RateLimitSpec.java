package dev.weir.ratelimit;

import org.jspecify.annotations.Nullable;

/**
 * A rate limit as code asks for it, the twin of {@code @RateLimited}. Immutable: each
 * method that says more about it returns another one. What it does not say comes from the
 * annotation with that name, if there is one; the properties
 * {@code weir.rate-limit.policies.<name>.*} override both.
 *
 * @param name the name of the policy, part of the key in Redis
 * @param key what has a bucket of its own, {@code null} for one bucket for all; may come
 * from a user
 * @param user who has a bucket of their own, as a {@link UserKeyResolver} would say,
 * {@code null} for the current user if the annotation says {@code perUser}, else for
 * nobody
 * @param limit the limit, {@code null} for that of the annotation or the properties
 * @param cost how many tokens to take, at least 0
 */
public record RateLimitSpec(String name, @Nullable String key, @Nullable String user, @Nullable RateLimit limit,
		long cost) {

	public RateLimitSpec {
		if (cost < 0) {
			throw new IllegalArgumentException("The cost of '" + name + "' must not be negative, but is " + cost);
		}
	}

	/**
	 * Asks for one token of a policy.
	 * @param name the name of the policy
	 * @return the spec
	 */
	public static RateLimitSpec of(String name) {
		return new RateLimitSpec(name, null, null, null, 1);
	}

	/**
	 * Says what has a bucket of its own.
	 * @param key the key; may come from a user
	 * @return the spec
	 */
	public RateLimitSpec key(String key) {
		return new RateLimitSpec(this.name, key, this.user, this.limit, this.cost);
	}

	/**
	 * Says who has a bucket of their own.
	 * @param user the user, as a {@link UserKeyResolver} would say
	 * @return the spec
	 */
	public RateLimitSpec user(String user) {
		return new RateLimitSpec(this.name, this.key, user, this.limit, this.cost);
	}

	/**
	 * Says the limit.
	 * @param limit the limit
	 * @return the spec
	 */
	public RateLimitSpec limit(RateLimit limit) {
		return new RateLimitSpec(this.name, this.key, this.user, limit, this.cost);
	}

	/**
	 * Says how many tokens to take.
	 * @param cost the number, at least 0
	 * @return the spec
	 */
	public RateLimitSpec cost(long cost) {
		return new RateLimitSpec(this.name, this.key, this.user, this.limit, cost);
	}

}
