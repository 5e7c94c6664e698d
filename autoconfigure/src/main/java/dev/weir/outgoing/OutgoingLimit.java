package dev.weir.outgoing;

import java.time.Duration;
import java.util.function.Function;
import java.util.function.ToLongFunction;

import dev.weir.ratelimit.RateLimitSpec;
import org.jspecify.annotations.Nullable;

/**
 * The options of a rate limit for calls to another service. Immutable: each method
 * returns a changed copy. The properties {@code weir.rate-limit.policies.<name>.*}
 * override the limit, the cost and the wait time.
 *
 * @param spec the policy, and the tokens that a call takes without a cost function
 * @param waitTime how long a call may wait for its tokens, from 0 to 1 day
 * @param key returns the key that has a bucket of its own, {@code null} for one bucket
 * for all calls
 * @param cost returns how many tokens a call is expected to use, {@code null} for a fixed
 * cost
 * @param costExpression returns the same as a SpEL expression
 * @param settle returns how many tokens a call has used, {@code null} to settle nothing
 * @param settleExpression returns the same as a SpEL expression
 * @param settleOnError whether the estimate of a failed call stays
 */
public record OutgoingLimit(RateLimitSpec spec, Duration waitTime,
		@Nullable Function<OutgoingRequest, @Nullable String> key, @Nullable ToLongFunction<OutgoingRequest> cost,
		@Nullable String costExpression, @Nullable Function<OutgoingResponse, @Nullable Long> settle,
		@Nullable String settleExpression, boolean settleOnError) {

	/**
	 * Creates the limit of a policy without options.
	 * @param spec the policy
	 * @return the limit
	 */
	static OutgoingLimit of(RateLimitSpec spec) {
		return new OutgoingLimit(spec, Duration.ZERO, null, null, null, null, null, false);
	}

	/**
	 * Returns a copy whose calls wait for their tokens.
	 * @param waitTime the longest wait, from 0 to 1 day; a call that would wait longer is
	 * denied at once
	 * @return the limit
	 */
	public OutgoingLimit waitTime(Duration waitTime) {
		return new OutgoingLimit(this.spec, waitTime, this.key, this.cost, this.costExpression, this.settle,
				this.settleExpression, this.settleOnError);
	}

	/**
	 * Returns a copy with a bucket for each key, such as
	 * {@code keyedBy(OutgoingRequest::host)}. A pause concerns only the bucket of the
	 * call whose response asked for it.
	 * @param key returns the key of a request, {@code null} for the bucket without a key
	 * @return the limit
	 */
	public OutgoingLimit keyedBy(Function<OutgoingRequest, @Nullable String> key) {
		return new OutgoingLimit(this.spec, this.waitTime, key, this.cost, this.costExpression, this.settle,
				this.settleExpression, this.settleOnError);
	}

	/**
	 * Returns a copy with a cost for each call.
	 * @param cost returns how many tokens a call is expected to use, at least 0
	 * @return the limit
	 */
	public OutgoingLimit cost(ToLongFunction<OutgoingRequest> cost) {
		return new OutgoingLimit(this.spec, this.waitTime, this.key, cost, null, this.settle, this.settleExpression,
				this.settleOnError);
	}

	/**
	 * Returns a copy with a cost for each call, as a SpEL expression.
	 * @param expression the expression; {@code #request} is the {@link OutgoingRequest},
	 * and {@code @name} a bean
	 * @return the limit
	 */
	public OutgoingLimit costExpression(String expression) {
		return new OutgoingLimit(this.spec, this.waitTime, this.key, null, expression, this.settle,
				this.settleExpression, this.settleOnError);
	}

	/**
	 * Returns a copy that settles each call with the tokens that it has used. Weir copies
	 * the body, up to 8 MB, while the caller reads it. So the body is neither delayed nor
	 * held back. When the caller has read the body or closes the response, Weir calls the
	 * function. Without a value, after an exception, or after a longer body, the estimate
	 * stays.
	 * @param settle returns how many tokens a call has used, {@code null} if this is
	 * unknown
	 * @return the limit
	 */
	public OutgoingLimit settle(Function<OutgoingResponse, @Nullable Long> settle) {
		return new OutgoingLimit(this.spec, this.waitTime, this.key, this.cost, this.costExpression, settle, null,
				this.settleOnError);
	}

	/**
	 * Returns a copy that settles each call as {@link #settle} does, with a SpEL
	 * expression.
	 * @param expression the expression; {@code #request} is the {@link OutgoingRequest},
	 * {@code #response} the {@link OutgoingResponse}, and {@code @name} a bean
	 * @return the limit
	 */
	public OutgoingLimit settleExpression(String expression) {
		return new OutgoingLimit(this.spec, this.waitTime, this.key, this.cost, this.costExpression, null, expression,
				this.settleOnError);
	}

	/**
	 * Returns a copy that keeps the estimate of failed calls or gives it back. A call
	 * fails by an exception or by a status from 400 on.
	 * @param stays whether the estimate stays; by default, it is given back
	 * @return the limit
	 */
	public OutgoingLimit settleOnError(boolean stays) {
		return new OutgoingLimit(this.spec, this.waitTime, this.key, this.cost, this.costExpression, this.settle,
				this.settleExpression, stays);
	}

	/**
	 * Returns whether calls are settled.
	 * @return whether there is a function or an expression for the tokens that were used
	 */
	boolean settles() {
		return this.settle != null || this.settleExpression != null;
	}

}
