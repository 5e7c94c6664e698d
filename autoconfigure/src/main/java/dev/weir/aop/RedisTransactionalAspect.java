package dev.weir.aop;

import java.lang.reflect.Method;

import dev.weir.policy.GuardedMethods;
import dev.weir.policy.TransactionPolicies;
import dev.weir.policy.result.ResultKind;
import dev.weir.transaction.TransactionalCalls;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

/**
 * Collects the writes to Redis of methods with
 * {@link dev.weir.annotation.RedisTransactional}. Each write belongs to the transaction
 * of Spring that is active at that time. Therefore the order of this aspect and of
 * Spring's aspect on one method does not matter for the writes.
 */
public final class RedisTransactionalAspect implements MethodInterceptor {

	private final TransactionalCalls calls;

	private final TransactionPolicies policies;

	/**
	 * Creates an aspect.
	 * @param calls the runner of the methods
	 * @param policies the options of the annotations
	 */
	public RedisTransactionalAspect(TransactionalCalls calls, TransactionPolicies policies) {
		this.calls = calls;
		this.policies = policies;
	}

	@Override
	@SuppressWarnings("NullAway") // without JSpecify mode NullAway does not detect the
									// nullable type argument
	public @Nullable Object invoke(MethodInvocation call) throws Throwable {
		Method method = LeaseAdvice.invocation(call).getMethod();
		return this.calls.<@Nullable Object, Throwable>call(this.policies.of(method), (tx) -> {
			Object result = call.proceed();
			if (ResultKind.ofValue(result) != ResultKind.PLAIN) {
				throw new IllegalStateException(GuardedMethods.location(method) + " returned "
						+ ((result != null) ? result.getClass().getName() : null)
						+ ". The work behind this result goes on, and its writes would not be a part of the transaction. "
						+ "Return a plain value, or use RedisTransactionOperations.executeAsync");
			}
			return result;
		});
	}

}
