package dev.weir.autoconfigure;

import java.lang.reflect.Method;
import java.util.List;
import java.util.stream.Stream;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.annotation.Semaphore;
import dev.weir.core.Log;
import dev.weir.policy.GuardedMethods;
import dev.weir.web.RateLimitRule;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.stereotype.Controller;
import org.springframework.util.ClassUtils;

/**
 * {@link AutoConfiguration Auto-configuration} for Spring WebFlux: warns of the features
 * that Weir does not support there yet.
 */
@AutoConfiguration(after = WeirAopAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnBean(GuardedMethods.class)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
public final class WeirWebFluxAutoConfiguration {

	private static final Log logger = Log.of(WeirWebFluxAutoConfiguration.class);

	@Bean
	ApplicationListener<ApplicationReadyEvent> weirWebFluxWarning(GuardedMethods methods, WeirProperties properties) {
		return (event) -> {
			List<String> rules = properties.rateLimit().rules().stream().map(RateLimitRule::name).toList();
			if (!rules.isEmpty()) {
				logger.warn(
						"The rules {} of 'weir.rate-limit.rules' have no effect: Weir has a request filter for Spring "
								+ "MVC only. Put @RateLimited on the handler methods",
						rules);
			}
			List<String> handlers = handlers(methods);
			if (!handlers.isEmpty()) {
				logger.warn("In Spring WebFlux, Weir does not handle the exceptions of denied calls, so such requests "
						+ "get status 500. Handle LeaseException and RateLimitException in an @ExceptionHandler. "
						+ "Guarded handler methods: {}", handlers);
			}
		};
	}

	private static List<String> handlers(GuardedMethods methods) {
		return Stream.of(RateLimited.class, DistributedLock.class, Semaphore.class)
			.flatMap((annotation) -> methods.of(annotation).stream())
			.filter((method) -> AnnotatedElementUtils.hasAnnotation(method.getDeclaringClass(), Controller.class))
			.map(WeirWebFluxAutoConfiguration::name)
			.distinct()
			.toList();
	}

	private static String name(Method method) {
		return ClassUtils.getShortName(method.getDeclaringClass()) + "." + method.getName();
	}

}
