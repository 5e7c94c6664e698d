package dev.weir.aop;

import dev.weir.policy.TransactionPolicies;
import dev.weir.transaction.TransactionalCalls;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

/**
 * Collects what methods with {@link dev.weir.annotation.RedisTransactional} write to
 * Redis. What they add belongs to the transaction of Spring that is active then, so the
 * order of the two on one method does not matter to that.
 */
public final class RedisTransactionalAspect implements MethodInterceptor {

	private final TransactionalCalls calls;

	private final TransactionPolicies policies;

	/**
	 * Creates an aspect.
	 * @param calls runs the methods
	 * @param policies the options of the annotations
	 */
	public RedisTransactionalAspect(TransactionalCalls calls, TransactionPolicies policies) {
		this.calls = calls;
		this.policies = policies;
	}

	@Override
	@SuppressWarnings("NullAway") // without JSpecify mode it does not see that the type
									// argument is nullable
	public @Nullable Object invoke(MethodInvocation call) throws Throwable {
		return this.calls.<@Nullable Object, Throwable>call(this.policies.of(LeaseAdvice.invocation(call).getMethod()),
				(tx) -> call.proceed());
	}

}
