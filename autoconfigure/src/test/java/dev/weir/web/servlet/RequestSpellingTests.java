package dev.weir.web.servlet;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import dev.weir.annotation.RateLimited;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitListener;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.redisson.spring.starter.RedissonAutoConfigurationV4;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Sends many spellings of paths to limited resources. Each request that reaches a
 * resource must be charged exactly once, and no request may end in an error of the
 * server. The limits are so high that no request is denied.
 */
class RequestSpellingTests {

	private static final List<String> METHODS = List.of("GET", "HEAD", "POST");

	private static final Map<String, AtomicInteger> charged = new ConcurrentHashMap<>();

	private static final Map<String, AtomicInteger> reached = new ConcurrentHashMap<>();

	@Test
	@Timeout(60)
	void eachSpellingThatReachesAResourceIsChargedOnce() throws Exception {
		send(new Server("tomcat", "/context", "", false));
	}

	@ParameterizedTest
	@MethodSource("servers")
	@Tag("long")
	@Timeout(120)
	void eachSpellingIsChargedOnceOnEachServer(Server server) throws Exception {
		send(server);
	}

	static Stream<Server> servers() {
		return Stream.of("tomcat", "jetty")
			.flatMap((name) -> Stream.of("", "/context")
				.flatMap((context) -> Stream.of("", "/mvc")
					.flatMap((servlet) -> Stream.of(true, false)
						.map((secured) -> new Server(name, context, servlet, secured)))));
	}

	private static void send(Server server) throws Exception {
		List<String> mistakes = new ArrayList<>();
		int found = 0;
		try (ConfigurableApplicationContext limited = server.run("--weir.enabled=true");
				ConfigurableApplicationContext without = server.run("--weir.enabled=false")) {
			for (String resource : List.of("annotated", "routed", "static", "legacy")) {
				String prefix = server.context() + (resource.equals("legacy") ? "" : server.servlet());
				Set<String> spellings = Spellings.of(prefix, resource, "page.txt");
				assertThat(spellings).hasSizeGreaterThanOrEqualTo(60);
				for (String spelling : spellings) {
					for (String method : METHODS) {
						charged.clear();
						reached.clear();
						int status = status(limited, method, spelling);
						int served = count(reached, resource) + ((resource.equals("static") && status == 200) ? 1 : 0);
						int paid = count(charged, resource);
						found += served;
						// The server or Spring cannot parse some paths.
						boolean failed = status >= 500 && status != status(without, method, spelling);
						if (failed || paid > 1 || served > paid) {
							mistakes.add(method + " " + spelling + ": status " + status + ", served " + served
									+ ", charged " + paid);
						}
					}
				}
			}
		}
		assertThat(mistakes).isEmpty();
		// Each resource has more than one spelling that reaches it.
		assertThat(found).isGreaterThan(4 * METHODS.size());
	}

	private static int count(Map<String, AtomicInteger> counts, String name) {
		AtomicInteger count = counts.get(name);
		return (count != null) ? count.get() : 0;
	}

	private static void count(Map<String, AtomicInteger> counts, String name, int added) {
		counts.computeIfAbsent(name, (absent) -> new AtomicInteger()).addAndGet(added);
	}

	/**
	 * Sends a request byte by byte as it is written here: a client library would correct
	 * it.
	 * @param application the application
	 * @param method the method
	 * @param target the target of the request
	 * @return the status of the response
	 */
	private static int status(ConfigurableApplicationContext application, String method, String target)
			throws IOException {
		int port = application.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
		String request = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
				+ "Content-Length: 0\r\n\r\n";
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
			socket.setSoTimeout(20_000);
			socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
			InputStream response = socket.getInputStream();
			String text = new String(response.readAllBytes(), StandardCharsets.ISO_8859_1);
			return Integer.parseInt(text.split(" ", 3)[1]);
		}
	}

	/**
	 * A server with a configuration.
	 *
	 * @param name the name of the server
	 * @param context the context path
	 * @param servlet the prefix of the dispatcher servlet
	 * @param secured whether Spring Security is in the filter chain
	 */
	record Server(String name, String context, String servlet, boolean secured) {

		private ConfigurableApplicationContext run(String property) {
			List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--server.address=127.0.0.1",
					"--weir.store=local", "--server.servlet.context-path=" + this.context, "--logging.level.root=OFF",
					"--spring.autoconfigure.exclude=" + RateLimitedApplication.otherServer(this.name)));
			arguments.add(property);
			if (!this.servlet.isEmpty()) {
				arguments.add("--spring.mvc.servlet.path=" + this.servlet);
			}
			List<String> rules = List.of("routed", "static", "legacy");
			for (int i = 0; i < rules.size(); i++) {
				String rule = "--weir.rate-limit.rules[" + i + "].";
				arguments.add(rule + "name=" + rules.get(i));
				arguments.add(rule + "path=/" + rules.get(i) + "/**");
				arguments.add(rule + "limit=1000000/1h");
			}
			SpringApplication application = new SpringApplication(
					this.secured ? RateLimitedApplication.Infrastructure.class : Unsecured.class, Resources.class);
			return application.run(arguments.toArray(String[]::new));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = RedissonAutoConfigurationV4.class, excludeName = {
			"org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration" })
	static class Unsecured {

	}

	@Configuration(proxyBeanMethods = false)
	static class Resources {

		@Bean
		Annotated annotated() {
			return new Annotated();
		}

		@Bean
		RouterFunction<ServerResponse> routed() {
			return RouterFunctions.route().path("/routed", (routes) -> routes.route((request) -> true, (request) -> {
				count(reached, "routed", 1);
				return ServerResponse.ok().body("routed");
			})).build();
		}

		@Bean
		ServletRegistrationBean<HttpServlet> legacy() {
			return new ServletRegistrationBean<>(new Legacy(), "/legacy/*");
		}

		@Bean
		RateLimitListener charges() {
			return new RateLimitListener() {

				@Override
				public void decided(Decisions decisions) {
					decisions.all().forEach((decision) -> count(charged, decision.policy(), 1));
				}

			};
		}

	}

	private static final class Legacy extends HttpServlet {

		@Override
		protected void service(HttpServletRequest request, HttpServletResponse response) {
			count(reached, "legacy", 1);
		}

	}

	@RestController
	static class Annotated {

		@RequestMapping("/annotated/{id}")
		@RateLimited(name = "annotated", limit = 1_000_000, window = "1h")
		String annotated() {
			count(reached, "annotated", 1);
			return "annotated";
		}

	}

}
