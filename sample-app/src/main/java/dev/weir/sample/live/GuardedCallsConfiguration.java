package dev.weir.sample.live;

import java.lang.annotation.Annotation;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import org.aopalliance.intercept.MethodInterceptor;

import org.springframework.aop.Advisor;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;
import org.springframework.core.annotation.AnnotatedElementUtils;

/**
 * Counts calls right before and right behind each guard.
 */
@Configuration(proxyBeanMethods = false)
@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
class GuardedCallsConfiguration {

	// What Weir says unless the properties say something else.
	private static final String LOCK_ORDER = "${weir.lock.order:2147483447}";

	private static final String SEMAPHORE_ORDER = "${weir.semaphore.order:2147483547}";

	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static GuardedCalls guardedCalls() {
		return new GuardedCalls();
	}

	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static Advisor beforeLock(GuardedCalls calls, @Value(LOCK_ORDER) int order) {
		return counting(DistributedLock.class, DistributedLock::name, calls::arrived, order - 1);
	}

	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static Advisor behindLock(GuardedCalls calls, @Value(LOCK_ORDER) int order) {
		return counting(DistributedLock.class, DistributedLock::name, calls::inside, order + 1);
	}

	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static Advisor beforeSemaphore(GuardedCalls calls, @Value(SEMAPHORE_ORDER) int order) {
		return counting(Semaphore.class, Semaphore::name, calls::arrived, order - 1);
	}

	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static Advisor behindSemaphore(GuardedCalls calls, @Value(SEMAPHORE_ORDER) int order) {
		return counting(Semaphore.class, Semaphore::name, calls::inside, order + 1);
	}

	private static <A extends Annotation> Advisor counting(Class<A> annotation, Function<A, String> name,
			Function<String, AtomicInteger> counters, int order) {
		MethodInterceptor interceptor = (invocation) -> {
			A guard = AnnotatedElementUtils.getMergedAnnotation(invocation.getMethod(), annotation);
			if (guard == null) {
				return invocation.proceed();
			}
			AtomicInteger counter = counters.apply(name.apply(guard));
			counter.incrementAndGet();
			try {
				return invocation.proceed();
			}
			finally {
				counter.decrementAndGet();
			}
		};
		DefaultPointcutAdvisor advisor = new DefaultPointcutAdvisor(
				AnnotationMatchingPointcut.forMethodAnnotation(annotation), interceptor);
		advisor.setOrder(order);
		return advisor;
	}

}
