package dev.weir.sample.security;

import java.io.IOException;
import java.util.Map;
import java.util.Set;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.crypto.password.NoOpPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.header.HeaderWriter;
import org.springframework.security.web.header.HeaderWriterFilter;
import org.springframework.security.web.header.writers.ContentSecurityPolicyHeaderWriter;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Configures the access to the service. All users may use the service, also without a
 * login. A user that logs in has separate rate limits. Only operators may see and change
 * policies and leases.
 */
@Configuration(proxyBeanMethods = false)
class SecurityConfiguration {

	private static final String OPERATOR = "OPERATOR";

	/**
	 * Allows the page only its own files and requests to its own origin. Scripts must not
	 * turn text into HTML or code.
	 */
	private static final String POLICY = String.join("; ", "default-src 'none'", "script-src 'self'",
			"style-src 'self'", "img-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
			"frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'");

	@Bean
	SecurityFilterChain securityFilterChain(HttpSecurity http) throws Exception {
		return http
			.authorizeHttpRequests((requests) -> requests.requestMatchers("/actuator/weir", "/actuator/weir/**")
				.hasRole(OPERATOR)
				.anyRequest()
				.permitAll())
			.httpBasic(Customizer.withDefaults())
			.sessionManagement((sessions) -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
			.headers((headers) -> headers.contentSecurityPolicy((policy) -> policy.policyDirectives(POLICY))
				.withObjectPostProcessor(new EagerHeaders()))
			.addFilterBefore(new ErrorPageFilter(), HeaderWriterFilter.class)
			// CSRF protection is for cookies, and this application has none.
			.csrf(AbstractHttpConfigurer::disable)
			.build();
	}

	@Bean
	InMemoryUserDetailsManager users(DemoUsers demo) {
		return new InMemoryUserDetailsManager(demo.users()
			.entrySet()
			.stream()
			.map((user) -> user(user.getKey(), user.getValue(), demo.operators().contains(user.getKey())))
			.toList());
	}

	private static UserDetails user(String name, String password, boolean operator) {
		return User.withUsername(name).password(password).roles(operator ? OPERATOR : "USER").build();
	}

	/**
	 * Returns an encoder that compares passwords in plain text. Do not use this for real
	 * users! They need a slow hash, such as bcrypt, and then a token, because with HTTP
	 * Basic each request is a login.
	 * @return the encoder
	 */
	@Bean
	@SuppressWarnings("deprecation")
	PasswordEncoder plainText() {
		return NoOpPasswordEncoder.getInstance();
	}

	/**
	 * Writes headers before the request is handled. By default, Spring Security writes
	 * them when the response is sent or when the filter returns, whichever is first. For
	 * a streamed answer, these are two threads at the same time, and the headers of the
	 * response are not thread-safe (spring-security issues 9175 and 15510).
	 */
	static final class EagerHeaders implements ObjectPostProcessor<HeaderWriterFilter> {

		@Override
		public <O extends HeaderWriterFilter> O postProcess(O filter) {
			filter.setShouldWriteHeadersEagerly(true);
			return filter;
		}

	}

	/**
	 * Writes the policy of error pages, if it is missing. Spring Security writes headers
	 * only when a request begins. So they are missing if it rejects the path, or if a
	 * filter before it fails.
	 */
	static final class ErrorPageFilter extends OncePerRequestFilter {

		private final HeaderWriter policy = new ContentSecurityPolicyHeaderWriter(POLICY);

		@Override
		protected boolean shouldNotFilter(HttpServletRequest request) {
			return request.getDispatcherType() != DispatcherType.ERROR;
		}

		@Override
		protected boolean shouldNotFilterErrorDispatch() {
			return false;
		}

		@Override
		protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
				throws ServletException, IOException {
			this.policy.writeHeaders(request, response);
			chain.doFilter(request, response);
		}

	}

	/**
	 * The users of the demonstration.
	 *
	 * @param users Passwords of the users, by name.
	 * @param operators Names of the users that may see and change policies and leases.
	 */
	@ConfigurationProperties("sample.security")
	record DemoUsers(@DefaultValue Map<String, String> users, @DefaultValue Set<String> operators) {

	}

}
