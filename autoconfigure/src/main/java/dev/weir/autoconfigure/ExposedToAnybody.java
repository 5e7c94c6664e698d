package dev.weir.autoconfigure;

import java.util.Set;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationContext;
import org.springframework.core.env.Environment;

/**
 * Detects an application that exposes all its actuator endpoints to everybody, probably
 * without the intention to expose the endpoint of Weir.
 */
final class ExposedToAnybody {

	private static final String EXPOSURE = "management.endpoints.web.exposure.";

	/** The bean of Spring Security that protects all paths, for servlets and WebFlux. */
	private static final Set<String> SECURITY = Set.of("springSecurityFilterChain",
			"org.springframework.security.config.annotation.web.reactive.WebFluxSecurityConfiguration.WebFilterChainFilter");

	private ExposedToAnybody() {
	}

	static boolean test(ApplicationContext context, Environment environment) {
		return names(environment, "include").contains("*")
				&& Set.of("*", "weir").stream().noneMatch(names(environment, "exclude")::contains)
				&& SECURITY.stream().noneMatch(context::containsBean);
	}

	private static Set<String> names(Environment environment, String property) {
		return Binder.get(environment).bind(EXPOSURE + property, Bindable.setOf(String.class)).orElse(Set.of());
	}

}
