package dev.weir.outgoing;

import java.time.Duration;
import java.util.function.UnaryOperator;

import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.expression.Expressions;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.RateLimiter;

import org.springframework.http.client.ClientHttpRequestInterceptor;

/**
 * Limits calls to other services that go through a {@code RestClient}, a
 * {@code RestTemplate} or an HTTP interface. Thread-safe.
 * <p>
 * An interceptor takes the tokens of each call before it is sent, and lets it wait for
 * them up to the wait time. A denied call throws
 * {@link dev.weir.ratelimit.RateLimitExceededException}, and a call whose thread is
 * interrupted while it waits {@link dev.weir.ratelimit.RateLimitInterruptedException}. A
 * response with status 429 or 503 and the header {@code Retry-After} pauses the bucket of
 * the call in all instances, for at most {@code weir.rate-limit.max-pause}. The call
 * itself is not repeated. If Redis does not answer, the call follows
 * {@code on-unavailable} of its policy; neither a pause nor a settlement fails a call.
 */
public final class OutgoingRateLimits {

	private final OutgoingPolicies policies;

	/**
	 * Creates the limits.
	 * @param limiter the limiter that decides
	 * @param policies the policies
	 * @param expressions parses the expressions of options
	 * @param maxPause the longest pause that a response can ask for
	 */
	public OutgoingRateLimits(RateLimiter limiter, RateLimitPolicies policies, Expressions expressions,
			Duration maxPause) {
		this.policies = new OutgoingPolicies(limiter, policies, expressions, maxPause);
	}

	/**
	 * Makes an interceptor for a policy that takes one token for each call, or the
	 * {@code cost} of the properties.
	 * @param policy the name of the policy, whose limit comes from the properties
	 * {@code weir.rate-limit.policies.<name>.*}
	 * @return the interceptor; thread-safe
	 * @throws IllegalArgumentException if the policy has no limit, or if its values do
	 * not fit together
	 */
	public ClientHttpRequestInterceptor limit(String policy) {
		return limit(policy, UnaryOperator.identity());
	}

	/**
	 * Makes an interceptor for a policy.
	 * @param policy the name of the policy, whose limit comes from the properties
	 * {@code weir.rate-limit.policies.<name>.*}
	 * @param options sets options
	 * @return the interceptor; thread-safe
	 * @throws IllegalArgumentException if the policy has no limit, if its values do not
	 * fit together, or if an expression has a mistake
	 */
	public ClientHttpRequestInterceptor limit(String policy, UnaryOperator<OutgoingLimit> options) {
		return limit(RateLimitSpec.of(policy), options);
	}

	/**
	 * Makes an interceptor for a policy whose limit is set in code, unless the properties
	 * set it.
	 * @param spec the policy, and the tokens that a call takes unless an option or the
	 * properties set them
	 * @param options sets options
	 * @return the interceptor; thread-safe
	 * @throws IllegalArgumentException if the policy has no limit, if its values do not
	 * fit together, or if an expression has a mistake
	 */
	public ClientHttpRequestInterceptor limit(RateLimitSpec spec, UnaryOperator<OutgoingLimit> options) {
		return new OutgoingInterceptor(this.policies.of(options.apply(OutgoingLimit.of(spec))));
	}

}
