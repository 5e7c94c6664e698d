package dev.weir.aop;

import java.lang.reflect.Method;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import dev.weir.lease.LeaseTemplate;
import dev.weir.policy.Invocation;
import dev.weir.policy.LeasePolicies;
import dev.weir.policy.LeasePolicy;
import org.aspectj.lang.ProceedingJoinPoint;
import org.aspectj.lang.reflect.MethodSignature;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;

/**
 * What the aspects for locks and semaphores have in common: turns a join point into
 * policy, guard and call, and hands it to the engine in the way that the result of the
 * method asks for. Thread-safe.
 */
public final class LeaseAdvice {

	private final LeaseTemplate leases;

	private final @Nullable ReactiveResults reactiveResults;

	private final ConcurrentMap<Method, ResultKind> resultKinds = new ConcurrentHashMap<>();

	/**
	 * Creates the advice.
	 * @param leases runs the methods
	 */
	public LeaseAdvice(LeaseTemplate leases) {
		this.leases = leases;
		this.reactiveResults = ResultKind.REACTOR_PRESENT ? new ReactiveResults(leases) : null;
	}

	@Nullable Object around(LeasePolicies policies, ProceedingJoinPoint joinPoint) throws Throwable {
		Invocation invocation = invocation(joinPoint);
		LeasePolicy policy = policies.of(invocation.getMethod());
		ResultKind resultKind = this.resultKinds.computeIfAbsent(invocation.getMethod(), ResultKind::of);
		if (resultKind == ResultKind.REACTIVE && this.reactiveResults != null) {
			// The call is the subscription: only then is it known whether it needs a
			// lease.
			return this.reactiveResults.guard(invocation.getMethod().getReturnType(),
					() -> policy.guards(invocation) ? policy.guard(invocation) : null, joinPoint,
					(failure) -> policy.instead(invocation, failure));
		}
		if (!policy.guards(invocation)) {
			return joinPoint.proceed();
		}
		return call(resultKind, policy, invocation, joinPoint);
	}

	@SuppressWarnings("NullAway") // without JSpecify mode it does not see that the type
									// argument is nullable
	private @Nullable Object call(ResultKind resultKind, LeasePolicy policy, Invocation invocation,
			ProceedingJoinPoint joinPoint) throws Throwable {
		return switch (resultKind) {
			case STAGE -> this.leases.<@Nullable Object, Throwable>callAsync(policy.guard(invocation),
					() -> stage(joinPoint.proceed()), (failure) -> stage(policy.instead(invocation, failure)));
			case REQUEST -> this.leases.<@Nullable Object, Throwable>callUntil(policy.guard(invocation),
					RequestEnd.ofCurrentRequest(LeasePolicies.place(invocation.getMethod())), joinPoint::proceed,
					(failure) -> policy.instead(invocation, failure));
			case PLAIN -> this.leases.<@Nullable Object, Throwable>call(policy.guard(invocation), joinPoint::proceed,
					(failure) -> policy.instead(invocation, failure));
			// The check at start-up refuses these. A bean that came later is refused
			// here.
			case REACTIVE, UNKNOWN -> throw new IllegalStateException("Nobody can tell when the work of "
					+ LeasePolicies.place(invocation.getMethod()) + " ends, so it cannot be guarded");
		};
	}

	@SuppressWarnings("unchecked")
	private static @Nullable CompletionStage<@Nullable Object> stage(@Nullable Object result) {
		return (CompletionStage<@Nullable Object>) result;
	}

	static Invocation invocation(ProceedingJoinPoint joinPoint) {
		Object target = joinPoint.getTarget();
		Class<?> targetClass = AopProxyUtils.ultimateTargetClass(target);
		Method method = ((MethodSignature) joinPoint.getSignature()).getMethod();
		return new Invocation(AopUtils.getMostSpecificMethod(method, targetClass), target, targetClass,
				joinPoint.getArgs());
	}

}
