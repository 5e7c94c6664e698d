package dev.weir.sample.demo;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;

/**
 * Publishes the page and its data. The page may load only its own files and send requests
 * to its own origin. Its scripts must not turn text into HTML or code.
 */
@Configuration(proxyBeanMethods = false)
class PageSecurity {

	private static final String POLICY = String.join("; ", "default-src 'none'", "script-src 'self'",
			"style-src 'self'", "img-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
			"frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'");

	private static final String DATA = "default-src 'none'; frame-ancestors 'none'";

	@Bean
	@Order(0)
	SecurityFilterChain pageSecurityFilterChain(HttpSecurity http) throws Exception {
		return publish(http, "/", "/index.html", "/app.css", "/app.js", "/icon.svg")
			.headers((headers) -> headers.contentSecurityPolicy((policy) -> policy.policyDirectives(POLICY)))
			.build();
	}

	@Bean
	@Order(1)
	SecurityFilterChain liveSecurityFilterChain(HttpSecurity http) throws Exception {
		return publish(http, "/api/live", "/api/stampede").httpBasic(Customizer.withDefaults())
			.headers((headers) -> headers.contentSecurityPolicy((policy) -> policy.policyDirectives(DATA)))
			.csrf(AbstractHttpConfigurer::disable)
			.build();
	}

	private static HttpSecurity publish(HttpSecurity http, String... paths) throws Exception {
		return http.securityMatcher(paths)
			.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
			.sessionManagement((sessions) -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS));
	}

}
