package dev.weir.aop;

import java.lang.reflect.Method;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.policy.GuardedMethods;
import dev.weir.policy.LeasePolicies;
import dev.weir.policy.LeasePolicy;
import dev.weir.policy.expression.Invocation;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.ProxyMethodInvocation;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;

/**
 * What the aspects for locks and semaphores have in common: turns a call into policy,
 * guard and call, and hands it to the engine in the way that the result of the method
 * asks for. Thread-safe.
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

	@Nullable Object around(LeasePolicies policies, MethodInvocation call) throws Throwable {
		Invocation invocation = invocation(call);
		LeasePolicy policy = policies.of(invocation.getMethod());
		ResultKind resultKind = this.resultKinds.computeIfAbsent(invocation.getMethod(), ResultKind::of);
		if (resultKind == ResultKind.REACTIVE && this.reactiveResults != null) {
			// The call is the subscription: only then is it known whether it needs a
			// lease.
			return this.reactiveResults.guard(invocation.getMethod().getReturnType(),
					() -> policy.guards(invocation) ? policy.guard(invocation) : null, repeatable(call),
					(failure) -> policy.instead(invocation, failure));
		}
		if (!policy.guards(invocation)) {
			return call.proceed();
		}
		return run(resultKind, policy, invocation, call);
	}

	@SuppressWarnings("NullAway") // without JSpecify mode it does not see that the type
									// argument is nullable
	private @Nullable Object run(ResultKind resultKind, LeasePolicy policy, Invocation invocation,
			MethodInvocation call) throws Throwable {
		return switch (resultKind) {
			case STAGE -> this.leases.<@Nullable Object, Throwable>callAsync(policy.guard(invocation),
					() -> stage(call.proceed()), (failure) -> stage(policy.instead(invocation, failure)));
			case REQUEST -> this.leases.<@Nullable Object, Throwable>callUntil(policy.guard(invocation),
					RequestEnd.ofCurrentRequest(GuardedMethods.location(invocation.getMethod())), call::proceed,
					(failure) -> policy.instead(invocation, failure));
			case PLAIN -> this.leases.<@Nullable Object, Throwable>call(policy.guard(invocation), call::proceed,
					(failure) -> policy.instead(invocation, failure));
			// The check at start-up refuses these. A bean that came later is refused
			// here.
			case REACTIVE, UNKNOWN -> throw new IllegalStateException("Nobody can tell when the work of "
					+ GuardedMethods.location(invocation.getMethod()) + " ends, so it cannot be guarded");
		};
	}

	@SuppressWarnings("unchecked")
	private static @Nullable CompletionStage<@Nullable Object> stage(@Nullable Object result) {
		return (CompletionStage<@Nullable Object>) result;
	}

	static Invocation invocation(MethodInvocation call) {
		Object target = call.getThis();
		if (target == null) {
			throw new IllegalStateException("The proxy of " + call.getMethod() + " has no target to guard");
		}
		Class<?> targetClass = AopProxyUtils.ultimateTargetClass(target);
		return new Invocation(AopUtils.getMostSpecificMethod(call.getMethod(), targetClass), target, targetClass,
				call.getArguments());
	}

	/**
	 * Returns the rest of a call for reactive results: each subscription runs it anew.
	 * @param call the call
	 * @return runs the rest of the call, as often as wanted, on any thread
	 */
	static ReactiveResults.Source repeatable(MethodInvocation call) {
		return () -> ((ProxyMethodInvocation) call).invocableClone().proceed();
	}

}
