package dev.weir.sample.demo;

import java.time.Instant;
import java.util.Objects;

import dev.weir.annotation.Semaphore;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.context.annotation.Role;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.stereotype.Component;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * Adds a header to answers whose work needed a permit: the policy, and the times when the
 * work began and ended. The load driver counts with it how many calls ran at the same
 * time. This advisor has the lowest precedence, so it is inside of the guards.
 */
@Component
@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
class WorkTimes extends DefaultPointcutAdvisor {

	private static final String HEADER = "Demo-Work";

	WorkTimes() {
		super(AnnotationMatchingPointcut.forMethodAnnotation(Semaphore.class), (MethodInterceptor) WorkTimes::measure);
	}

	private static @Nullable Object measure(MethodInvocation call) throws Throwable {
		Instant start = Instant.now();
		Object result = call.proceed();
		if (RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes request
				&& request.getResponse() != null) {
			Semaphore semaphore = Objects
				.requireNonNull(AnnotatedElementUtils.findMergedAnnotation(call.getMethod(), Semaphore.class));
			request.getResponse().addHeader(HEADER, semaphore.name() + " " + start + " " + Instant.now());
		}
		return result;
	}

}
