package dev.weir.policy;

import java.time.Duration;
import java.util.function.Supplier;

import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.FailMode;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * What one {@code @RateLimited} says, after placeholders and property overrides: resolved
 * once, never changed.
 *
 * @param name the name
 * @param enabled whether the limit is charged at all
 * @param keyBase the key without what user and expression add
 * @param perUser whether each user has a bucket of their own
 * @param key the expression that adds to the key, {@code null} for none
 * @param limit the limit, unless the expression says
 * @param limitExpression says the limit of each call, {@code null} for the limit
 * @param cost how many tokens a call takes, unless the expression says
 * @param costExpression says that for each call, {@code null} for the cost
 * @param condition whether the limit concerns a call, {@code null} for always
 * @param failMode what happens when the store does not answer
 * @param fallback what to call instead, {@code null} for nothing
 * @param shadow whether a denial is only counted and reported
 * @param needsArguments whether it can only be charged when the method is called
 */
public record RateLimitPolicy(String name, boolean enabled, String keyBase, boolean perUser,
		@Nullable KeyExpression key, RateLimit limit, @Nullable RateExpression limitExpression, long cost,
		@Nullable CostExpression costExpression, @Nullable ConditionExpression condition, FailMode failMode,
		@Nullable FallbackMethods fallback, boolean shadow, boolean needsArguments) {

	/**
	 * Whether the limit concerns a call.
	 * @param invocation the call
	 * @return {@code false} to leave it out
	 */
	boolean concerns(Invocation invocation) {
		return this.enabled && (this.condition == null || this.condition.holds(invocation));
	}

	/**
	 * Says what a call takes.
	 * @param invocation the call
	 * @param user says the part of the key for the current user
	 * @return the charge
	 */
	Charge charge(Invocation invocation, Supplier<String> user) {
		StringBuilder bucket = new StringBuilder(this.keyBase);
		if (this.perUser) {
			bucket.append(RateLimitPolicies.USER).append(user.get());
		}
		if (this.key != null) {
			bucket.append(RateLimitPolicies.KEY).append(this.key.evaluate(invocation));
		}
		RateLimit effective = (this.limitExpression != null) ? this.limitExpression.evaluate(invocation) : this.limit;
		long tokens = (this.costExpression != null) ? this.costExpression.evaluate(invocation) : this.cost;
		return new Charge(this.name, bucket.toString(), effective, tokens, this.failMode, this.shadow);
	}

	/**
	 * Says the limit of each call.
	 *
	 * @param expression the expression
	 * @param window the window, unless its value says one
	 * @param burst the burst, 0 for the limit
	 */
	public record RateExpression(PolicyExpression expression, Duration window, long burst) {

		private RateLimit evaluate(Invocation invocation) {
			String value = this.expression.evaluate(invocation, String.class);
			try {
				Rate rate = Rate.valueOf(String.valueOf(value));
				Duration effective = (rate.window() != null) ? rate.window() : this.window;
				return new RateLimit(rate.limit(), effective, (this.burst > 0) ? this.burst : rate.limit());
			}
			catch (IllegalArgumentException ex) {
				throw new IllegalStateException(this.expression.describe() + " is no limit: " + ex.getMessage(), ex);
			}
		}

	}

	/**
	 * Says what each call costs.
	 *
	 * @param expression the expression
	 */
	public record CostExpression(PolicyExpression expression) {

		private long evaluate(Invocation invocation) {
			Long value = this.expression.evaluate(invocation, Long.class);
			if (value == null || value < 0) {
				throw new IllegalStateException(
						this.expression.describe() + " is " + value + ", not a number of at least 0");
			}
			return value;
		}

	}

}
