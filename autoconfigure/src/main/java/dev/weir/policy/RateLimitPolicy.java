package dev.weir.policy;

import java.time.Duration;
import java.util.Map;

import dev.weir.policy.Resolved.Source;
import dev.weir.policy.expression.Invocation;
import dev.weir.policy.expression.KeyExpression;
import dev.weir.policy.expression.PolicyExpression;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * The policy of one {@code @RateLimited}: the annotation, with the properties and
 * defaults in force. Immutable.
 *
 * @param name the name
 * @param keyBase the key without the parts that the user and the expression add
 * @param declared the annotation
 * @param values the values in force
 * @param limit the limit in force, unless an expression returns it
 */
public record RateLimitPolicy(String name, String keyBase, RateLimitDeclaration declared, RateLimitValues values,
		RateLimit limit) {

	/**
	 * Returns whether a call is charged.
	 * @param invocation the call
	 * @return {@code false} if the call passes without a charge
	 */
	boolean concerns(Invocation invocation) {
		PolicyExpression condition = this.declared.condition();
		return this.values.enabled().value() && (condition == null || condition.holds(invocation));
	}

	/**
	 * Returns the charge of a call.
	 * @param invocation the call
	 * @param keys the builder of the bucket's key
	 * @return the charge
	 */
	Charge charge(Invocation invocation, BucketKeys keys) {
		String bucket = this.keyBase;
		if (this.declared.perUser()) {
			bucket = keys.withCurrentUser(bucket, this.name);
		}
		KeyExpression key = this.declared.key();
		if (key != null) {
			bucket = BucketKeys.withSafeValue(bucket, key.evaluate(invocation));
		}
		PolicyExpression limitOfCall = limitExpression();
		PolicyExpression costOfCall = this.declared.costExpression();
		return new Charge(this.name, bucket, (limitOfCall != null) ? limit(limitOfCall, invocation) : this.limit,
				(costOfCall != null) ? costOfCall.number(invocation, 0, Long.MAX_VALUE) : this.values.cost().value(),
				this.values.onUnavailable().value(), this.values.shadow().value());
	}

	private RateLimit limit(PolicyExpression expression, Invocation invocation) {
		String value = expression.evaluate(invocation, String.class);
		try {
			Rate rate = Rate.valueOf(String.valueOf(value));
			Duration window = rate.window();
			Long burst = this.values.burst().value();
			return new RateLimit(rate.limit(), (window != null) ? window : this.values.window().value(),
					(burst != null) ? burst : rate.limit());
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalStateException(expression.describe() + " is not a valid limit: " + ex.getMessage(), ex);
		}
	}

	/**
	 * Returns the expression for the limit of each call. A limit in properties has
	 * precedence over the expression.
	 * @return the expression, {@code null} if the limit is the same for all calls
	 */
	public @Nullable PolicyExpression limitExpression() {
		return (this.values.limit().value() != null) ? null : this.declared.limitExpression();
	}

	/**
	 * Returns whether the bucket depends on the call.
	 * @return {@code false} if all calls share one bucket
	 */
	public boolean isKeyed() {
		return this.declared.perUser() || this.declared.key() != null;
	}

	/**
	 * Returns whether a user is needed to charge a call.
	 * @return whether a user is needed
	 */
	public boolean isPerUser() {
		return this.declared.perUser();
	}

	/**
	 * Returns whether a call can be charged only when the method is called.
	 * @return whether the arguments of the call are needed
	 */
	public boolean needsArguments() {
		return this.declared.needsArguments();
	}

	/**
	 * Returns the methods to call in place of a denied call.
	 * @return the fallback methods, {@code null} for none
	 */
	public @Nullable FallbackMethods fallback() {
		return this.declared.fallback();
	}

	/**
	 * Returns the values in force by the names of their attributes.
	 * @return the values
	 */
	Map<String, Resolved<?>> valuesByName() {
		Map<String, Resolved<?>> all = this.values.byName();
		PolicyExpression limitOfCall = limitExpression();
		if (limitOfCall != null) {
			all.put("limit", new Resolved<>(limitOfCall.text(), Source.EXPRESSION));
			all.remove("burst");
		}
		PolicyExpression costOfCall = this.declared.costExpression();
		if (costOfCall != null) {
			all.put("cost", new Resolved<>(costOfCall.text(), Source.EXPRESSION));
		}
		return all;
	}

}
