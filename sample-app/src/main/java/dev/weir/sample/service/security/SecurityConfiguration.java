package dev.weir.sample.service.security;

import java.net.InetAddress;

import jakarta.servlet.DispatcherType;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.autoconfigure.web.server.ManagementServerProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.crypto.factory.PasswordEncoderFactories;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.header.HeaderWriterFilter;
import org.springframework.util.Assert;

/**
 * Configures the access to the service. Everybody may search and ask questions, also
 * without a login. Known users have separate rate limits and may upload documents. Only
 * operators may see and change policies and leases, and embed documents anew. All other
 * paths are closed.
 */
@Configuration(proxyBeanMethods = false)
class SecurityConfiguration {

	/** The answers are data: a browser must not run or show anything in them. */
	static final String POLICY = "default-src 'none'; frame-ancestors 'none'";

	private static final String OPERATOR = "OPERATOR";

	@Bean
	SecurityFilterChain securityFilterChain(HttpSecurity http) throws Exception {
		return http.authorizeHttpRequests((requests) -> requests
			// These requests were authorized before.
			.dispatcherTypeMatchers(DispatcherType.ERROR, DispatcherType.ASYNC)
			.permitAll()
			// The path of an endpoint can be configured.
			.requestMatchers(EndpointRequest.to("weir"))
			.hasRole(OPERATOR)
			.requestMatchers(EndpointRequest.toAnyEndpoint())
			.permitAll()
			.requestMatchers("/api/documents/reindex")
			.hasRole(OPERATOR)
			.requestMatchers("/api/documents")
			.authenticated()
			.requestMatchers(HttpMethod.POST, "/api/embeddings", "/api/embeddings/batch", "/api/search", "/api/chat")
			.permitAll()
			.anyRequest()
			.denyAll())
			.httpBasic(Customizer.withDefaults())
			.sessionManagement((sessions) -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
			.headers((headers) -> headers.contentSecurityPolicy((policy) -> policy.policyDirectives(POLICY))
				.withObjectPostProcessor(new EagerHeaders()))
			.addFilterBefore(new ErrorPageHeaders(), HeaderWriterFilter.class)
			// CSRF protection is for cookies, and this application has none.
			.csrf(AbstractHttpConfigurer::disable)
			.build();
	}

	/**
	 * Registers the limit before all other filters, because some of them read bodies.
	 * @return the registration
	 */
	@Bean
	FilterRegistrationBean<BodyLimit> bodyLimit() {
		FilterRegistrationBean<BodyLimit> registration = new FilterRegistrationBean<>(new BodyLimit());
		registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
		return registration;
	}

	@Bean
	UserDetailsService users(ServiceUsers users, ServerProperties server, Environment environment) {
		ManagementServerProperties management = Binder.get(environment)
			.bindOrCreate("management.server", ManagementServerProperties.class);
		boolean local = isLoopback(server.getAddress())
				&& (management.getPort() == null || isLoopback(management.getAddress()));
		Assert.state(local || !users.havePlainPasswords(),
				"'sample.security.users' contains passwords in plain text ({noop}), but this instance does not listen on "
						+ "loopback only. Encode them, for example with {bcrypt}, or set 'server.address=127.0.0.1' and, "
						+ "for a port of its own, 'management.server.address=127.0.0.1'");
		// Only the lookup: the manager would also encode the passwords anew after each
		// first login.
		return new InMemoryUserDetailsManager(users.users()
			.entrySet()
			.stream()
			.map((user) -> user(user.getKey(), user.getValue(), users.operators().contains(user.getKey())))
			.toList())::loadUserByUsername;
	}

	private static boolean isLoopback(@Nullable InetAddress address) {
		return address != null && address.isLoopbackAddress();
	}

	private static UserDetails user(String name, String password, boolean operator) {
		return User.withUsername(name).password(password).roles(operator ? OPERATOR : "USER").build();
	}

	/**
	 * Returns an encoder that reads the encoding from the password, such as {bcrypt}.
	 * With HTTP Basic each request is a login, and bcrypt takes about 0.1 s of CPU time.
	 * A service with many logins needs tokens.
	 * @return the encoder
	 */
	@Bean
	PasswordEncoder passwordEncoder() {
		return PasswordEncoderFactories.createDelegatingPasswordEncoder();
	}

}
