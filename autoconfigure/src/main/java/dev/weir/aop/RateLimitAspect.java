package dev.weir.aop;

import java.lang.reflect.Method;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

import dev.weir.aop.DeclaredResults.DeclaredResult;
import dev.weir.policy.ChargedCalls;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.RateLimitPolicy;
import dev.weir.policy.expression.Invocation;
import dev.weir.policy.result.ResultKind;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitException;
import dev.weir.ratelimit.RateLimitInterruptedException;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.ratelimit.Reservation;
import dev.weir.ratelimit.ReservationScope;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

/**
 * Charges the rate limits of methods with {@link dev.weir.annotation.RateLimited} before
 * the methods run.
 */
public final class RateLimitAspect implements MethodInterceptor {

	private final RateLimiter limiter;

	private final RateLimitPolicies policies;

	private final ChargedCalls charged;

	private final @Nullable ReactiveRateLimits reactive;

	private final DeclaredResults results = new DeclaredResults();

	/**
	 * Creates an aspect.
	 * @param limiter the limiter that decides
	 * @param policies the policies
	 * @param charged the calls that were charged before
	 * @param executor the executor that runs allowed reactive methods, on threads that
	 * may block
	 */
	public RateLimitAspect(RateLimiter limiter, RateLimitPolicies policies, ChargedCalls charged, Executor executor) {
		this.limiter = limiter;
		this.policies = policies;
		this.charged = charged;
		this.reactive = ResultKind.REACTOR_PRESENT ? new ReactiveRateLimits(limiter, executor) : null;
	}

	@Override
	public @Nullable Object invoke(MethodInvocation call) throws Throwable {
		Invocation invocation = LeaseAdvice.invocation(call);
		Method method = invocation.getMethod();
		List<RateLimitPolicy> methodPolicies = this.policies.of(method);
		if (methodPolicies.isEmpty() || this.charged.isCharged(method)) {
			return call.proceed();
		}
		DeclaredResult declared = this.results.of(invocation);
		if (declared.kind() == ResultKind.REACTIVE && this.reactive != null && !this.charged.isHandler(method)) {
			return this.reactive.limit(declared.type(), () -> this.policies.charges(methodPolicies, invocation),
					(reservation) -> new ReservedCall(methodPolicies, invocation, reservation),
					LeaseAdvice.repeatable(call), (failure) -> instead(methodPolicies, invocation, failure));
		}
		ReservedCall reserved;
		try {
			reserved = charge(methodPolicies, invocation);
		}
		catch (RateLimitException ex) {
			return (declared.kind() == ResultKind.STAGE) ? stageInstead(methodPolicies, invocation, ex)
					: instead(methodPolicies, invocation, ex);
		}
		return (reserved != null) ? proceed(reserved, declared, call) : call.proceed();
	}

	/**
	 * Charges a call.
	 * @param methodPolicies the policies of its method
	 * @param invocation the call
	 * @return the call with its reservation, {@code null} if no cost is an estimate
	 */
	private @Nullable ReservedCall charge(List<RateLimitPolicy> methodPolicies, Invocation invocation) {
		Method method = invocation.getMethod();
		List<Charge> charges = this.charged.due(method, this.policies.charges(methodPolicies, invocation));
		if (charges.isEmpty()) {
			return null;
		}
		Reservation reservation = this.limiter.awaitReservation(charges);
		Decisions decisions = reservation.decisions();
		this.charged.charged(method, charges, decisions);
		if (!decisions.isAllowed()) {
			throw new RateLimitExceededException(decisions);
		}
		return reservation.isPending() ? new ReservedCall(methodPolicies, invocation, reservation) : null;
	}

	private @Nullable Object proceed(ReservedCall reserved, DeclaredResult declared, MethodInvocation call)
			throws Throwable {
		Object result;
		try (ReservationScope scope = ReservationScope.open(reserved.reservation())) {
			result = call.proceed();
		}
		catch (Throwable ex) {
			reserved.failed(ex);
			throw ex;
		}
		if (!reserved.settlesAtEnd()) {
			return result;
		}
		// A handler with a reactive result was charged when it was called.
		return (result != null && declared.kind() == ResultKind.REACTIVE && this.reactive != null)
				? ReactiveRateLimits.watch(declared.type(), result, reserved) : reserved.watch(result);
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
		if (failure instanceof RateLimitInterruptedException) {
			throw failure;
		}
		for (RateLimitPolicy policy : policies) {
			if (policy.name().equals(failure.getPolicy()) && policy.fallback() != null) {
				return policy.fallback().call(invocation, failure);
			}
		}
		throw failure;
	}

}
