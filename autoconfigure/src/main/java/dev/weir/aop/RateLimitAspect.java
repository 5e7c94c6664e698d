package dev.weir.aop;

import java.lang.reflect.Method;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;

import dev.weir.core.Stages;
import dev.weir.policy.Invocation;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.RateLimitPolicy;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitException;
import dev.weir.ratelimit.RateLimiter;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

/**
 * Charges the rate limits of methods with {@link dev.weir.annotation.RateLimited} before
 * they run.
 */
public final class RateLimitAspect implements MethodInterceptor {

	private final RateLimiter limiter;

	private final RateLimitPolicies policies;

	private final ChargedElsewhere elsewhere;

	private final @Nullable ReactiveRateLimits reactive;

	private final ConcurrentMap<Method, ResultKind> resultKinds = new ConcurrentHashMap<>();

	/**
	 * Creates an aspect.
	 * @param limiter decides
	 * @param policies the policies
	 * @param elsewhere knows what was charged before the method was called
	 * @param executor where reactive methods run that were allowed: threads on which code
	 * may block
	 */
	public RateLimitAspect(RateLimiter limiter, RateLimitPolicies policies, ChargedElsewhere elsewhere,
			Executor executor) {
		this.limiter = limiter;
		this.policies = policies;
		this.elsewhere = elsewhere;
		this.reactive = ResultKind.REACTOR_PRESENT ? new ReactiveRateLimits(limiter, executor) : null;
	}

	@Override
	public @Nullable Object invoke(MethodInvocation call) throws Throwable {
		Invocation invocation = LeaseAdvice.invocation(call);
		Method method = invocation.getMethod();
		List<RateLimitPolicy> methodPolicies = this.policies.of(method);
		if (methodPolicies.isEmpty() || this.elsewhere.isCharged(method)) {
			return call.proceed();
		}
		ResultKind resultKind = this.resultKinds.computeIfAbsent(method, ResultKind::of);
		if (resultKind == ResultKind.REACTIVE && this.reactive != null && !this.elsewhere.isWaitedFor(method)) {
			return this.reactive.limit(method.getReturnType(), () -> this.policies.charges(methodPolicies, invocation),
					LeaseAdvice.repeatable(call), (failure) -> instead(methodPolicies, invocation, failure));
		}
		try {
			charge(methodPolicies, invocation);
		}
		catch (RateLimitException ex) {
			return (resultKind == ResultKind.STAGE) ? stageInstead(methodPolicies, invocation, ex)
					: instead(methodPolicies, invocation, ex);
		}
		return call.proceed();
	}

	private void charge(List<RateLimitPolicy> methodPolicies, Invocation invocation) {
		List<Charge> charges = this.policies.charges(methodPolicies, invocation);
		if (charges.isEmpty()) {
			return;
		}
		Decisions decisions = Stages.await(this.limiter.tryConsume(charges));
		this.elsewhere.charged(invocation.getMethod(), decisions);
		if (!decisions.isAllowed()) {
			throw new RateLimitExceededException(decisions);
		}
	}

	private static @Nullable Object stageInstead(List<RateLimitPolicy> policies, Invocation invocation,
			RateLimitException failure) throws Throwable {
		try {
			return instead(policies, invocation, failure);
		}
		catch (RateLimitException ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	private static @Nullable Object instead(List<RateLimitPolicy> policies, Invocation invocation,
			RateLimitException failure) throws Throwable {
		for (RateLimitPolicy policy : policies) {
			if (policy.name().equals(failure.getPolicy()) && policy.fallback() != null) {
				return policy.fallback().call(invocation, failure);
			}
		}
		throw failure;
	}

	/**
	 * What was charged before a method was called, and who wants to know what is charged
	 * now.
	 */
	public interface ChargedElsewhere {

		/** Nothing was, and nobody does. */
		ChargedElsewhere NOTHING = new ChargedElsewhere() {

			@Override
			public boolean isCharged(Method method) {
				return false;
			}

			@Override
			public boolean isWaitedFor(Method method) {
				return false;
			}

			@Override
			public void charged(Method method, Decisions decisions) {
				// Nobody wants to know.
			}

		};

		/**
		 * Whether the limits of a method were charged for the call that this thread
		 * handles.
		 * @param method the method
		 * @return whether they were
		 */
		boolean isCharged(Method method);

		/**
		 * Whether the caller of a method waits for its answer, and subscribes once, also
		 * if the result is reactive. Then its limits are charged by the call.
		 * @param method the method
		 * @return whether it does
		 */
		boolean isWaitedFor(Method method);

		/**
		 * The limits of a method were charged now.
		 * @param method the method
		 * @param decisions what its buckets answered
		 */
		void charged(Method method, Decisions decisions);

	}

}
