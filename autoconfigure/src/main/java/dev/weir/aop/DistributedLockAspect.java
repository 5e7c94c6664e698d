package dev.weir.aop;

import java.lang.reflect.Method;
import java.util.concurrent.CompletionStage;

import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseTemplate;
import dev.weir.policy.Invocation;
import dev.weir.policy.LockPolicies;
import dev.weir.policy.LockPolicy;
import org.aspectj.lang.ProceedingJoinPoint;
import org.aspectj.lang.annotation.Around;
import org.aspectj.lang.annotation.Aspect;
import org.aspectj.lang.reflect.MethodSignature;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.core.Ordered;

/**
 * Runs methods with {@link dev.weir.annotation.DistributedLock @DistributedLock} under
 * their lock. Always ordered: without an order it would run inside of a transaction, and
 * the lock would be free before the commit.
 */
@Aspect
public final class DistributedLockAspect implements Ordered {

	private final LockPolicies policies;

	private final LeaseTemplate leases;

	private final int order;

	/**
	 * Creates an aspect.
	 * @param policies the policies
	 * @param leases runs the methods
	 * @param order the order among the advice of a bean
	 */
	public DistributedLockAspect(LockPolicies policies, LeaseTemplate leases, int order) {
		this.policies = policies;
		this.leases = leases;
		this.order = order;
	}

	@Override
	public int getOrder() {
		return this.order;
	}

	@SuppressWarnings("NullAway") // without JSpecify mode it does not see that the type
									// argument is nullable
	@Around("execution(@dev.weir.annotation.DistributedLock * *(..))"
			+ " || execution(@(@dev.weir.annotation.DistributedLock *) * *(..))")
	@Nullable Object guard(ProceedingJoinPoint joinPoint) throws Throwable {
		Invocation invocation = invocation(joinPoint);
		LockPolicy policy = this.policies.of(invocation.getMethod());
		if (!policy.guards(invocation)) {
			return joinPoint.proceed();
		}
		LeaseRequest request = policy.request(invocation);
		if (CompletionStage.class.isAssignableFrom(invocation.getMethod().getReturnType())) {
			return this.leases.<@Nullable Object, Throwable>callAsync(request, policy.onUnavailable(), policy.onLost(),
					() -> stage(joinPoint));
		}
		return this.leases.<@Nullable Object, Throwable>call(request, policy.onUnavailable(), policy.onLost(),
				joinPoint::proceed);
	}

	@SuppressWarnings("unchecked")
	private static @Nullable CompletionStage<@Nullable Object> stage(ProceedingJoinPoint joinPoint) throws Throwable {
		return (CompletionStage<@Nullable Object>) joinPoint.proceed();
	}

	private static Invocation invocation(ProceedingJoinPoint joinPoint) {
		Object target = joinPoint.getTarget();
		Class<?> targetClass = AopProxyUtils.ultimateTargetClass(target);
		Method method = ((MethodSignature) joinPoint.getSignature()).getMethod();
		return new Invocation(AopUtils.getMostSpecificMethod(method, targetClass), target, targetClass,
				joinPoint.getArgs());
	}

}
