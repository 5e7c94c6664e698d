package dev.weir.web.servlet;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import dev.weir.redis.TestRedis;
import org.redisson.spring.starter.RedissonAutoConfigurationV4;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.header.HeaderWriterFilter;

/**
 * A web application with Spring Security on a real Tomcat, and a client that sends
 * requests to it. Its rate limits are on a real Redis.
 */
final class RateLimitedApplication implements AutoCloseable {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private final ConfigurableApplicationContext context;

	private final int port;

	private RateLimitedApplication(ConfigurableApplicationContext context) {
		this.context = context;
		this.port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
	}

	/**
	 * Starts an application.
	 * @param redis the Redis of its rate limits
	 * @param configuration the configuration with the controllers
	 * @param rules the properties of the rate limit rules, as arguments
	 * @param properties further properties, as arguments
	 * @return the application
	 */
	static RateLimitedApplication run(TestRedis redis, Class<?> configuration, List<String> rules,
			String... properties) {
		return run(redis.server().uri(), configuration, rules, properties);
	}

	static RateLimitedApplication run(String redis, Class<?> configuration, List<String> rules, String... properties) {
		List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--server.address=127.0.0.1",
				"--spring.data.redis.url=" + redis, "--weir.redis.timeout=5s"));
		arguments.addAll(rules);
		arguments.addAll(List.of(properties));
		return new RateLimitedApplication(
				new SpringApplication(Infrastructure.class, configuration).run(arguments.toArray(String[]::new)));
	}

	/**
	 * Returns the auto-configuration that must be excluded to run on a server.
	 * @param server {@code tomcat} or {@code jetty}
	 * @return the auto-configuration of the other server
	 */
	static String otherServer(String server) {
		return switch (server) {
			case "tomcat" ->
				"org.springframework.boot.jetty.autoconfigure.servlet.JettyServletWebServerAutoConfiguration";
			case "jetty" ->
				"org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration";
			default -> throw new IllegalArgumentException(server);
		};
	}

	HttpResponse<String> get(String path, String... headers) throws Exception {
		HttpRequest.Builder request = request(path).timeout(Duration.ofSeconds(20));
		if (headers.length > 0) {
			request.headers(headers);
		}
		return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	CompletableFuture<HttpResponse<String>> getAsync(String path) {
		return HTTP.sendAsync(request(path).timeout(Duration.ofSeconds(80)).build(),
				HttpResponse.BodyHandlers.ofString());
	}

	HttpResponse<String> getAs(String user, String path) throws Exception {
		String credentials = Base64.getEncoder().encodeToString((user + ":pw").getBytes(StandardCharsets.UTF_8));
		return get(path, "Authorization", "Basic " + credentials);
	}

	HttpResponse<String> send(String method, String path, String... headers) throws Exception {
		HttpRequest.Builder request = request(path).method(method, HttpRequest.BodyPublishers.noBody());
		if (headers.length > 0) {
			request.headers(headers);
		}
		return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	HttpResponse<String> post(String path, String body) throws Exception {
		return HTTP.send(request(path).header("Content-Type", MediaType.APPLICATION_JSON_VALUE)
			.POST(HttpRequest.BodyPublishers.ofString(body))
			.build(), HttpResponse.BodyHandlers.ofString());
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.port + path));
	}

	static String header(HttpResponse<?> response, String name) {
		return response.headers().firstValue(name).orElseThrow();
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * Auto-configuration and security. All requests are permitted, with or without a
	 * user.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = RedissonAutoConfigurationV4.class)
	static class Infrastructure {

		@Bean
		SecurityFilterChain security(HttpSecurity http) throws Exception {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
				.csrf((csrf) -> csrf.disable())
				.httpBasic(Customizer.withDefaults())
				.headers((headers) -> headers.withObjectPostProcessor(new ObjectPostProcessor<HeaderWriterFilter>() {

					@Override
					public <O extends HeaderWriterFilter> O postProcess(O filter) {
						// Otherwise two threads may write the headers when a stream
						// begins (spring-security issue 15510), and the response is cut
						// off.
						filter.setShouldWriteHeadersEagerly(true);
						return filter;
					}

				}))
				.build();
		}

		@Bean
		InMemoryUserDetailsManager users() {
			return new InMemoryUserDetailsManager(User.withUsername("alice").password("{noop}pw").build(),
					User.withUsername("bob").password("{noop}pw").build());
		}

	}

}
