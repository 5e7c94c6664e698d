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
	 * @param expressions the evaluator of the expressions
	 * @return {@code false} if the call passes without a charge
	 */
	boolean concerns(Invocation invocation, StrictValues expressions) {
		PolicyExpression condition = this.declared.condition();
		return this.values.enabled().value() && (condition == null
				|| expressions.evaluate(this.name, () -> condition.holds(invocation), (client) -> true));
	}

	/**
	 * Returns the charge of a call.
	 * @param invocation the call
	 * @param keys the builder of the bucket's key
	 * @param expressions the evaluator of the expressions
	 * @return the charge
	 */
	Charge charge(Invocation invocation, BucketKeys keys, StrictValues expressions) {
		BucketKey bucket = bucket(invocation, keys, expressions);
		Charge charge = new Charge(this.name, bucket.text(), this.limit, cost(invocation, expressions),
				this.values.onUnavailable().value(), this.values.shadow().value(), bucket.anonymous(),
				this.declared.isEstimate(), waitTime());
		PolicyExpression limitOfCall = limitExpression();
		if (limitOfCall == null) {
			return charge;
		}
		return expressions.evaluate(this.name, () -> withLimit(charge, limitOfCall, invocation),
				(client) -> withoutTokens(charge, null));
	}

	private Duration waitTime() {
		return this.values.waitTime().value();
	}

	private BucketKey bucket(Invocation invocation, BucketKeys keys, StrictValues expressions) {
		BucketKey plain = new BucketKey(this.keyBase, false);
		BucketKey base = this.declared.perUser() ? keys.withCurrentUser(plain, this.name) : plain;
		KeyExpression key = this.declared.key();
		if (key == null) {
			return base;
		}
		return expressions.evaluate(this.name, () -> BucketKeys.withSafeValue(base, key.evaluate(invocation)),
				(client) -> keys.withClient(base, client));
	}

	private long cost(Invocation invocation, StrictValues expressions) {
		long fixed = this.values.cost().value();
		PolicyExpression costOfCall = this.declared.costExpression();
		if (costOfCall == null) {
			return fixed;
		}
		return expressions.evaluate(this.name, () -> costOfCall.number(invocation, 0, Long.MAX_VALUE),
				(client) -> fixed);
	}

	private Charge withLimit(Charge charge, PolicyExpression expression, Invocation invocation) {
		String value = expression.evaluate(invocation, String.class);
		try {
			Rate rate = Rate.valueOf(String.valueOf(value));
			if (rate.limit() == 0) {
				return withoutTokens(charge, rate.window());
			}
			Long burst = this.values.burst().value();
			return charge.withLimit(this.values.limit(rate.limit(), windowOf(rate.window()), burst));
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalStateException(expression.describe() + " is not a valid limit: " + ex.getMessage(), ex);
		}
	}

	/**
	 * Returns a charge that is always denied. A bucket cannot have a limit of 0, so the
	 * charge takes more than the smallest bucket can hold. It has a bucket of its own:
	 * the bucket of the other calls would adapt its level to each limit.
	 * @param charge the charge
	 * @param window the window, {@code null} for that of the policy
	 * @return the charge
	 */
	private Charge withoutTokens(Charge charge, @Nullable RateWindow window) {
		return new Charge(this.name, charge.key() + BucketKeys.NO_TOKENS, RateLimit.of(1, windowOf(window).duration()),
				Math.max(2, charge.cost()), charge.onUnavailable(), charge.shadow(), charge.anonymous());
	}

	private RateWindow windowOf(@Nullable RateWindow window) {
		return (window != null) ? window : this.values.window().value();
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
		return this.declared.needsArguments() || !waitTime().isZero();
	}

	/**
	 * Returns the methods to call in place of a denied call.
	 * @return the fallback methods, {@code null} for none
	 */
	public @Nullable FallbackMethods fallback() {
		return this.declared.fallback();
	}

	/**
	 * Returns whether the cost of a call is an estimate, which the call can settle.
	 * @return whether an expression returns the cost before the call or after it
	 */
	public boolean isEstimate() {
		return this.declared.isEstimate();
	}

	/**
	 * Returns the expression for the number of tokens that a call has used.
	 * @return the expression, {@code null} if only the call itself can settle its
	 * reservation
	 */
	public @Nullable PolicyExpression settle() {
		return this.declared.settle();
	}

	/**
	 * Returns whether the estimate of a failed call stays.
	 * @return {@code false} if the tokens are given back
	 */
	public boolean keepsEstimateOfFailedCalls() {
		return this.declared.settleOnError();
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
