package dev.weir.aop;

import dev.weir.policy.TransactionPolicies;
import dev.weir.transaction.TransactionalCalls;
import org.aspectj.lang.ProceedingJoinPoint;
import org.aspectj.lang.annotation.Around;
import org.aspectj.lang.annotation.Aspect;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;

/**
 * Collects what methods with {@link dev.weir.annotation.RedisTransactional} write to
 * Redis. What they add belongs to the transaction of Spring that is active then, so the
 * order of the two on one method does not matter to that.
 */
@Aspect
public final class RedisTransactionalAspect implements Ordered {

	private final TransactionalCalls calls;

	private final TransactionPolicies policies;

	private final int order;

	/**
	 * Creates an aspect.
	 * @param calls runs the methods
	 * @param policies what the annotations say
	 * @param order the order among the advice of a bean
	 */
	public RedisTransactionalAspect(TransactionalCalls calls, TransactionPolicies policies, int order) {
		this.calls = calls;
		this.policies = policies;
		this.order = order;
	}

	@Override
	public int getOrder() {
		return this.order;
	}

	@Around("execution(@dev.weir.annotation.RedisTransactional * *(..))"
			+ " || execution(@(@dev.weir.annotation.RedisTransactional *) * *(..))")
	@SuppressWarnings("NullAway") // without JSpecify mode it does not see that the type
									// argument is nullable
	@Nullable Object collect(ProceedingJoinPoint joinPoint) throws Throwable {
		return this.calls.<@Nullable Object, Throwable>call(
				this.policies.of(LeaseAdvice.invocation(joinPoint).getMethod()), (tx) -> joinPoint.proceed());
	}

}
