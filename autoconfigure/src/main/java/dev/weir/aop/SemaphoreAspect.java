package dev.weir.aop;

import dev.weir.policy.LeasePolicies;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

/**
 * Runs methods with {@link dev.weir.annotation.Semaphore} under a permit of their
 * semaphore. The advisor of this aspect comes before the advisor of transactions, so that
 * the lease is released after the commit. Thread-safe.
 */
public final class SemaphoreAspect implements MethodInterceptor {

	private final LeaseAdvice advice;

	private final LeasePolicies policies;

	/**
	 * Creates an aspect.
	 * @param advice the advice that acquires the lease and runs the method
	 * @param policies the policies of semaphores
	 */
	public SemaphoreAspect(LeaseAdvice advice, LeasePolicies policies) {
		this.advice = advice;
		this.policies = policies;
	}

	@Override
	public @Nullable Object invoke(MethodInvocation call) throws Throwable {
		return this.advice.around(this.policies, call);
	}

}
