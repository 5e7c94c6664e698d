package dev.weir.sample.security;

import java.util.Map;
import java.util.Set;

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
import org.springframework.security.web.header.HeaderWriterFilter;

/**
 * Configures the access to the service. All users may use the service, also without a
 * login. A user that logs in has separate rate limits. Only operators may see and change
 * policies and leases.
 */
@Configuration(proxyBeanMethods = false)
class SecurityConfiguration {

	private static final String OPERATOR = "OPERATOR";

	@Bean
	SecurityFilterChain securityFilterChain(HttpSecurity http) throws Exception {
		return http
			.authorizeHttpRequests((requests) -> requests.requestMatchers("/actuator/weir", "/actuator/weir/**")
				.hasRole(OPERATOR)
				.anyRequest()
				.permitAll())
			.httpBasic(Customizer.withDefaults())
			.sessionManagement((sessions) -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
			.headers((headers) -> headers.withObjectPostProcessor(new EagerHeaders()))
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
	 * The users of the demonstration.
	 *
	 * @param users Passwords of the users, by name.
	 * @param operators Names of the users that may see and change policies and leases.
	 */
	@ConfigurationProperties("sample.security")
	record DemoUsers(@DefaultValue Map<String, String> users, @DefaultValue Set<String> operators) {

	}

}
