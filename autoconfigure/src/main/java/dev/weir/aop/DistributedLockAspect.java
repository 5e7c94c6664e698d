package dev.weir.aop;

import dev.weir.policy.LeasePolicies;
import org.aspectj.lang.ProceedingJoinPoint;
import org.aspectj.lang.annotation.Around;
import org.aspectj.lang.annotation.Aspect;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;

/**
 * Runs methods with {@link dev.weir.annotation.DistributedLock} under their lock. Always
 * ordered: without an order it would run inside of a transaction, and the lock would be
 * free before the commit.
 */
@Aspect
public final class DistributedLockAspect implements Ordered {

	private final LeaseAdvice advice;

	private final LeasePolicies policies;

	private final int order;

	/**
	 * Creates an aspect.
	 * @param advice what it does
	 * @param policies the policies of locks
	 * @param order the order among the advice of a bean
	 */
	public DistributedLockAspect(LeaseAdvice advice, LeasePolicies policies, int order) {
		this.advice = advice;
		this.policies = policies;
		this.order = order;
	}

	@Override
	public int getOrder() {
		return this.order;
	}

	@Around("execution(@dev.weir.annotation.DistributedLock * *(..))"
			+ " || execution(@(@dev.weir.annotation.DistributedLock *) * *(..))")
	@Nullable Object guard(ProceedingJoinPoint joinPoint) throws Throwable {
		return this.advice.around(this.policies, joinPoint);
	}

}
