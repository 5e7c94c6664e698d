package dev.weir.outgoing;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToLongFunction;

import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.expression.Expressions;
import dev.weir.policy.expression.InvalidExpressionException;
import dev.weir.policy.expression.Invocation;
import dev.weir.policy.expression.PolicyExpression;
import dev.weir.ratelimit.RateLimiter;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ReflectionUtils;

/**
 * Makes the policies of outgoing calls. Thread-safe.
 *
 * @param limiter the limiter that decides
 * @param policies the policies of all rate limits
 * @param expressions parses the expressions of options
 * @param maxPause the longest pause that a response can ask for
 */
record OutgoingPolicies(RateLimiter limiter, RateLimitPolicies policies, Expressions expressions, Duration maxPause) {

	/**
	 * Makes the policy of a limit.
	 * @param limit the limit
	 * @return the policy
	 * @throws IllegalArgumentException if the limit has a mistake
	 */
	OutgoingPolicy of(OutgoingLimit limit) {
		OutgoingPolicy policy = new OutgoingPolicy(this, limit, key(limit), cost(limit), used(limit));
		policy.check();
		return policy;
	}

	private static Function<OutgoingRequest, @Nullable String> key(OutgoingLimit limit) {
		Function<OutgoingRequest, @Nullable String> key = limit.key();
		return (key != null) ? key : (request) -> null;
	}

	private @Nullable ToLongFunction<OutgoingRequest> cost(OutgoingLimit limit) {
		String text = limit.costExpression();
		if (text == null) {
			return limit.cost();
		}
		PolicyExpression expression = parse(limit, Calls.COST, "costExpression", text);
		return (request) -> expression.number(invocation(Calls.COST, request), 0, Long.MAX_VALUE);
	}

	private @Nullable BiFunction<OutgoingRequest, OutgoingResponse, @Nullable Long> used(OutgoingLimit limit) {
		String text = limit.settleExpression();
		if (text == null) {
			Function<OutgoingResponse, @Nullable Long> settle = limit.settle();
			return (settle != null) ? (request, response) -> settle.apply(response) : null;
		}
		PolicyExpression expression = parse(limit, Calls.USED, "settleExpression", text);
		return (request, response) -> expression.evaluate(invocation(Calls.USED, request, response), Long.class);
	}

	private PolicyExpression parse(OutgoingLimit limit, Method method, String option, String text) {
		String location = "the outgoing rate limit '" + limit.spec().name() + "'";
		try {
			return this.expressions.parse(method, location, option, text);
		}
		catch (InvalidExpressionException ex) {
			throw new IllegalArgumentException("The option " + option + " = \"" + text + "\" of " + location
					+ " has a mistake: " + ex.getProblem() + ". " + ex.getCure(), ex);
		}
	}

	private static Invocation invocation(Method method, Object... arguments) {
		return new Invocation(method, Calls.INSTANCE, Calls.class, arguments);
	}

	/**
	 * Methods with the parameters that expressions can use. No code calls them.
	 */
	private static final class Calls {

		private static final Calls INSTANCE = new Calls();

		private static final Method COST = method("cost", OutgoingRequest.class);

		private static final Method USED = method("used", OutgoingRequest.class, OutgoingResponse.class);

		private static Method method(String name, Class<?>... parameters) {
			Method method = ReflectionUtils.findMethod(Calls.class, name, parameters);
			if (method == null) {
				throw new IllegalStateException("There is no method " + name);
			}
			return method;
		}

		long cost(OutgoingRequest request) {
			return 0;
		}

		long used(OutgoingRequest request, OutgoingResponse response) {
			return 0;
		}

	}

}
