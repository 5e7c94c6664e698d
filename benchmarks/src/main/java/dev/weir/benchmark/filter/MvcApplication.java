package dev.weir.benchmark.filter;

import java.lang.reflect.Method;

import dev.weir.annotation.RateLimited;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirRateLimitAutoConfiguration;
import dev.weir.autoconfigure.WeirWebMvcAutoConfiguration;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.http.converter.autoconfigure.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.util.ReflectionUtils;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/**
 * An application with many mappings below one path. Two of the mappings have a limit.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({ TomcatServletWebServerAutoConfiguration.class, DispatcherServletAutoConfiguration.class,
		WebMvcAutoConfiguration.class, HttpMessageConvertersAutoConfiguration.class, AopAutoConfiguration.class,
		WeirAutoConfiguration.class, WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class,
		WeirWebMvcAutoConfiguration.class })
@Import(MvcApplication.Things.class)
class MvcApplication {

	static final String ANSWER = "a thing";

	static final int TIGHT = 20;

	/**
	 * Starts the application on a free port.
	 * @param weir whether Weir is enabled
	 * @param mappings the number of mappings without a limit
	 * @return the context of the application
	 */
	static ConfigurableApplicationContext start(boolean weir, int mappings) {
		return new SpringApplicationBuilder(MvcApplication.class)
			.properties("server.port=0", "server.address=127.0.0.1", "server.tomcat.max-keep-alive-requests=-1",
					"weir.store=local", "weir.enabled=" + weir, "mappings=" + mappings, "spring.main.banner-mode=off",
					"spring.main.log-startup-info=false")
			.run();
	}

	@Bean
	SmartInitializingSingleton mappings(ObjectProvider<RequestMappingHandlerMapping> mappings, Things things,
			@Value("${mappings}") int number) {
		return () -> {
			RequestMappingHandlerMapping mapping = mappings.stream()
				.filter((candidate) -> candidate.getClass() == RequestMappingHandlerMapping.class)
				.findFirst()
				.orElseThrow();
			Method thing = ReflectionUtils.findMethod(Things.class, "thing");
			for (int i = 0; thing != null && i < number; i++) {
				mapping.registerMapping(RequestMappingInfo.paths("/api/things" + i + "/{id}")
					.options(mapping.getBuilderConfiguration())
					.build(), things, thing);
			}
		};
	}

	/**
	 * A controller that always returns the same text.
	 */
	@RestController
	static class Things {

		String thing() {
			return ANSWER;
		}

		@GetMapping("/api/limited/{id}")
		@RateLimited(name = "limited", limit = 1_000_000_000, window = "1s")
		String limited() {
			return ANSWER;
		}

		@GetMapping("/api/tight/{id}")
		@RateLimited(name = "tight", limit = TIGHT, window = "1d")
		String tight() {
			return ANSWER;
		}

	}

}
