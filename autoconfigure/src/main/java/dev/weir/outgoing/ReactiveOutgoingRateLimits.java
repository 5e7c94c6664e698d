package dev.weir.outgoing;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;

import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.expression.Expressions;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.RateLimiter;

import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * Limits calls to other services that go through a {@code WebClient}, as
 * {@link OutgoingRateLimits} does. A call that waits has no thread. A denied call ends
 * with {@link dev.weir.ratelimit.RateLimitExceededException} as the error of its
 * {@code Mono}; a cancelled one gives its tokens back. Thread-safe.
 */
public final class ReactiveOutgoingRateLimits {

	private final OutgoingPolicies policies;

	private final Executor executor;

	/**
	 * Creates the limits.
	 * @param limiter the limiter that decides
	 * @param policies the policies
	 * @param expressions parses the expressions of options
	 * @param maxPause the longest pause that a response can ask for
	 * @param executor sends the calls that were allowed, on threads that may block
	 */
	public ReactiveOutgoingRateLimits(RateLimiter limiter, RateLimitPolicies policies, Expressions expressions,
			Duration maxPause, Executor executor) {
		this.policies = new OutgoingPolicies(limiter, policies, expressions, maxPause);
		this.executor = executor;
	}

	/**
	 * Makes a filter for a policy that takes one token for each call, or the {@code cost}
	 * of the properties.
	 * @param policy the name of the policy, whose limit comes from the properties
	 * {@code weir.rate-limit.policies.<name>.*}
	 * @return the filter; thread-safe
	 * @throws IllegalArgumentException if the policy has no limit, or if its values do
	 * not fit together
	 */
	public ExchangeFilterFunction limit(String policy) {
		return limit(policy, UnaryOperator.identity());
	}

	/**
	 * Makes a filter for a policy.
	 * @param policy the name of the policy, whose limit comes from the properties
	 * {@code weir.rate-limit.policies.<name>.*}
	 * @param options sets options
	 * @return the filter; thread-safe
	 * @throws IllegalArgumentException if the policy has no limit, if its values do not
	 * fit together, or if an expression has a mistake
	 */
	public ExchangeFilterFunction limit(String policy, UnaryOperator<OutgoingLimit> options) {
		return limit(RateLimitSpec.of(policy), options);
	}

	/**
	 * Makes a filter for a policy whose limit is set in code, unless the properties set
	 * it.
	 * @param spec the policy, and the tokens that a call takes unless an option or the
	 * properties set them
	 * @param options sets options
	 * @return the filter; thread-safe
	 * @throws IllegalArgumentException if the policy has no limit, if its values do not
	 * fit together, or if an expression has a mistake
	 */
	public ExchangeFilterFunction limit(RateLimitSpec spec, UnaryOperator<OutgoingLimit> options) {
		return new OutgoingFilter(this.policies.of(options.apply(OutgoingLimit.of(spec))), this.executor);
	}

}
