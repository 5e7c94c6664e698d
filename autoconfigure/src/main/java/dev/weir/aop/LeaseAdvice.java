package dev.weir.aop;

import java.util.concurrent.CompletionStage;

import dev.weir.aop.DeclaredResults.DeclaredResult;
import dev.weir.lease.LeaseException;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.policy.GuardedMethods;
import dev.weir.policy.LeasePolicies;
import dev.weir.policy.LeasePolicy;
import dev.weir.policy.expression.Invocation;
import dev.weir.policy.result.EmptyResult;
import dev.weir.policy.result.RequestEnd;
import dev.weir.policy.result.ResultKind;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.ProxyMethodInvocation;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;

/**
 * The common advice of the aspects for locks and semaphores. Finds the policy of a call,
 * creates the guard, and passes the call to the engine in the way that the result of the
 * method requires. Thread-safe.
 */
public final class LeaseAdvice {

	private final LeaseTemplate leases;

	private final @Nullable ReactiveResults reactiveResults;

	private final DeclaredResults results = new DeclaredResults();

	/**
	 * Creates the advice.
	 * @param leases the template that runs the methods
	 */
	public LeaseAdvice(LeaseTemplate leases) {
		this.leases = leases;
		this.reactiveResults = ResultKind.REACTOR_PRESENT ? new ReactiveResults(leases) : null;
	}

	@Nullable Object around(LeasePolicies policies, MethodInvocation call) throws Throwable {
		Invocation invocation = invocation(call);
		return around(policies.of(invocation.getMethod()), invocation, call);
	}

	@Nullable Object around(LeasePolicy policy, Invocation invocation, MethodInvocation call) throws Throwable {
		DeclaredResult declared = this.results.of(invocation);
		if (declared.kind() == ResultKind.REACTIVE && this.reactiveResults != null) {
			// The call begins with the subscription. Before that it is unknown whether
			// the call needs a lease.
			return this.reactiveResults.guard(declared.type(),
					() -> policy.guards(invocation) ? policy.guard(invocation) : null, repeatable(call),
					(failure) -> instead(policy, invocation, failure));
		}
		if (!policy.guards(invocation)) {
			return call.proceed();
		}
		return run(declared.kind(), policy, invocation, call);
	}

	@SuppressWarnings("NullAway") // without JSpecify mode NullAway does not detect the
									// nullable type argument
	private @Nullable Object run(ResultKind resultKind, LeasePolicy policy, Invocation invocation,
			MethodInvocation call) throws Throwable {
		return switch (resultKind) {
			case STAGE -> this.leases.<@Nullable Object, Throwable>callAsync(policy.guard(invocation),
					() -> stage(call.proceed()), (failure) -> stage(instead(policy, invocation, failure)));
			case REQUEST -> {
				RequestEnd end = RequestEnd.ofCurrentRequest(GuardedMethods.location(invocation.getMethod()));
				yield this.leases.<@Nullable Object, Throwable>call(policy.guard(invocation), call::proceed,
						end::endingOf, (failure) -> instead(policy, invocation, failure));
			}
			case PLAIN -> this.leases.<@Nullable Object, Throwable>call(policy.guard(invocation), call::proceed,
					(result) -> ResultKind.endingOf(result, () -> GuardedMethods.location(invocation.getMethod())),
					(failure) -> instead(policy, invocation, failure));
			// The check at start-up rejects such methods. This rejects the methods of
			// beans that were added later.
			case REACTIVE, UNKNOWN -> throw new IllegalStateException("Weir cannot detect when the work of "
					+ GuardedMethods.location(invocation.getMethod()) + " ends, so it cannot guard the method");
		};
	}

	private @Nullable Object instead(LeasePolicy policy, Invocation invocation, LeaseException failure)
			throws Throwable {
		if (!policy.skips(failure)) {
			return policy.instead(invocation, failure);
		}
		this.leases.skipped(failure);
		return EmptyResult.of(invocation.getMethod().getReturnType());
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
	 * Returns the rest of a call for a reactive result. Each subscription runs the rest
	 * of the call again.
	 * @param call the call
	 * @return the rest of the call, which can run any number of times and on any thread
	 */
	static ReactiveResults.Source repeatable(MethodInvocation call) {
		return () -> ((ProxyMethodInvocation) call).invocableClone().proceed();
	}

}
