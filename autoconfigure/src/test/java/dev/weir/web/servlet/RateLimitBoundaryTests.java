package dev.weir.web.servlet;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import dev.weir.annotation.RateLimited;
import dev.weir.core.StoreUnavailableException;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.UserKeyResolver;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.CrossOrigin;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.UrlBasedCorsConfigurationSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doCallRealMethod;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.spy;

/**
 * Tests limits on HTTP as a boundary that clients try to get around: nothing that a
 * client sends passes without a charge, is charged twice, or causes an error of the
 * server. Also tests that browsers can read denials. The windows are so long that no
 * token is added while a test runs; each test has its own policy.
 */
@Timeout(60)
class RateLimitBoundaryTests {

	private static final String ORIGIN = "https://app.example.org";

	private static final List<String> RULES = rules("logins;/login/**;all", "preflight;/cors/preflight;address",
			"denied;/cors/denied;address", "down;/cors/down;address", "twice;/twice;all",
			"forwarded;/forwarded;address", "user;/rule/user;user", "secured;/cors/secured;all");

	private static final BucketStore store = spy(new LocalBucketStore());

	private static RateLimitedApplication application;

	private static List<String> rules(String... rules) {
		return IntStream.range(0, rules.length).boxed().flatMap((i) -> {
			String[] parts = rules[i].split(";");
			String rule = "--weir.rate-limit.rules[" + i + "].";
			return List
				.of(rule + "name=" + parts[0], rule + "path=" + parts[1], rule + "by=" + parts[2], rule + "limit=2/1h",
						rule + "on-unavailable=fail")
				.stream();
		}).toList();
	}

	@BeforeAll
	static void start() {
		application = RateLimitedApplication.run("redis://127.0.0.1:1", Beans.class, RULES, "--weir.store=local",
				"--spring.aop.proxy-target-class=false");
	}

	@AfterAll
	static void stop() {
		application.close();
	}

	@Test
	void guessesAtAPasswordAreLimited() throws Exception {
		String wrong = "Basic YWxpY2U6d3Jvbmc=";
		assertThat(application.get("/login/x", "Authorization", wrong).statusCode()).isEqualTo(401);
		assertThat(application.get("/login/x", "Authorization", wrong).statusCode()).isEqualTo(401);
		HttpResponse<String> denied = application.get("/login/x", "Authorization", wrong);
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.headers().firstValue("Retry-After")).isPresent();
		assertThat(denied.headers().firstValue("Content-Type")).hasValue("application/problem+json");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/rule/user", "/resolver/user", "/expression/key", "/expression/key-of-argument" })
	void aClientWithoutAUserOrAKeyHasTheBucketOfItsAddress(String path) throws Exception {
		assertThat(application.get(path).statusCode()).isIn(200, 404);
		assertThat(application.get(path).statusCode()).isIn(200, 404);
		assertThat(application.get(path).statusCode()).isEqualTo(429);
		assertThat(application.get(path, "X-User", "alice").statusCode()).isIn(200, 404);
	}

	@ParameterizedTest
	@CsvSource({ "/expression/limit, 0, 429", "/expression/limit, 0/1m, 429", "/expression/limit, -1, 429",
			"/expression/limit, none, 429", "/expression/limit, '', 429", "/expression/limit, 5/1h, 200",
			"/expression/cost, -1, 200", "/expression/cost, none, 200", "/expression/cost, 99, 429" })
	void anExpressionThatTheClientControlsCausesNoServerError(String path, String value, int status) throws Exception {
		HttpResponse<String> response = application.get(path, "X-Value", value);
		assertThat(response.statusCode()).isEqualTo(status);
		assertThat(response.headers().firstValue("Retry-After")).isEmpty();
	}

	@Test
	void aDenialOfAlwaysDoesNotChangeTheBucketOfTheOthers() throws Exception {
		for (int i = 0; i < 3; i++) {
			assertThat(application.get("/expression/shared", "X-Value", "3/1h").statusCode()).isEqualTo(200);
			assertThat(application.get("/expression/shared", "X-Value", "0").statusCode()).isEqualTo(429);
			assertThat(application.get("/expression/shared").statusCode()).isEqualTo(429);
		}
		assertThat(application.get("/expression/shared", "X-Value", "3/1h").statusCode()).isEqualTo(429);
	}

	@Test
	void aBucketIsChargedOnceByRuleAndAnnotation() throws Exception {
		assertThat(application.get("/twice").statusCode()).isEqualTo(200);
		assertThat(application.get("/twice").statusCode()).isEqualTo(200);
		assertThat(application.get("/twice").statusCode()).isEqualTo(429);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/forward/same", "/include/same" })
	void aBucketIsChargedOnceOverAForwardAndAnInclude(String path) throws Exception {
		assertThat(application.get(path).statusCode()).isEqualTo(200);
		assertThat(application.get(path).statusCode()).isEqualTo(200);
		assertThat(application.get(path).statusCode()).isEqualTo(429);
	}

	@Test
	void theTargetOfAForwardIsChargedForItsOwnBucket() throws Exception {
		assertThat(application.get("/forward/other").statusCode()).isEqualTo(200);
		assertThat(application.get("/forward/other").statusCode()).isEqualTo(429);
	}

	@Test
	void aJdkProxyHasTheHeadersAndIsChargedOnce() throws Exception {
		HttpResponse<String> first = application.get("/proxied");
		assertThat(first.statusCode()).isEqualTo(200);
		assertThat(first.headers().firstValue("RateLimit"))
			.hasValueSatisfying((value) -> assertThat(value).startsWith("\"proxied\";r=1;"));
		assertThat(application.get("/proxied").statusCode()).isEqualTo(200);
		assertThat(application.get("/proxied").statusCode()).isEqualTo(429);
	}

	@Test
	void aLargeBurstIsReportedAsTheLimit() throws Exception {
		HttpResponse<String> response = application.get("/burst");
		assertThat(response.headers().firstValue("RateLimit-Policy")).hasValue("\"burst\";q=10;w=3600");
		assertThat(response.headers().firstValue("RateLimit"))
			.hasValueSatisfying((value) -> assertThat(value).startsWith("\"burst\";r=10;"));
	}

	@Test
	void aPreflightIsNeitherChargedNorDenied() throws Exception {
		for (int i = 0; i < 5; i++) {
			HttpResponse<String> preflight = application.send("OPTIONS", "/cors/preflight", "Origin", ORIGIN,
					"Access-Control-Request-Method", "GET");
			assertThat(preflight.statusCode()).isEqualTo(200);
		}
		assertThat(application.get("/cors/preflight").statusCode()).isEqualTo(200);
		assertThat(application.get("/cors/preflight").statusCode()).isEqualTo(200);
		assertThat(application.get("/cors/preflight").statusCode()).isEqualTo(429);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/cors/denied", "/cors/annotated" })
	void aPageOfAnAllowedOriginCanReadADenial(String path) throws Exception {
		application.get(path);
		application.get(path);
		HttpResponse<String> denied = application.get(path, "Origin", ORIGIN);
		assertThat(denied.statusCode()).isEqualTo(429);
		assertReadable(denied);
		HttpResponse<String> other = application.get(path, "Origin", "https://evil.example.org");
		assertThat(other.statusCode()).isIn(403, 429);
		assertThat(other.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
		assertThat(other.headers().firstValue("Access-Control-Expose-Headers")).isEmpty();
		assertThat(application.get(path).headers().allValues("Vary")).contains("Origin");
	}

	@Test
	void aPageCanReadADenialThatOnlySpringSecurityConfigures() throws Exception {
		application.get("/cors/secured");
		application.get("/cors/secured");
		HttpResponse<String> denied = application.get("/cors/secured", "Origin", "https://secured.example.org");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.headers().firstValue("Access-Control-Allow-Origin")).hasValue("https://secured.example.org");
	}

	@Test
	void aPageOfAnAllowedOriginCanReadAnOutage() throws Exception {
		doReturn(CompletableFuture.failedFuture(new StoreUnavailableException("down", null))).when(store).decide(any());
		try {
			HttpResponse<String> response = application.get("/cors/down", "Origin", ORIGIN);
			assertThat(response.statusCode()).isEqualTo(503);
			assertReadable(response);
		}
		finally {
			doCallRealMethod().when(store).decide(any());
		}
	}

	private static void assertReadable(HttpResponse<?> response) {
		assertThat(response.headers().firstValue("Retry-After")).isPresent();
		assertThat(response.headers().allValues("Access-Control-Allow-Origin")).containsExactly(ORIGIN);
		assertThat(String.join(", ", response.headers().allValues("Access-Control-Expose-Headers")))
			.contains("Retry-After");
		assertThat(response.headers().allValues("Vary")).contains("Origin");
	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		BucketStore store() {
			return store;
		}

		@Bean
		UserKeyResolver resolver() {
			return () -> new Headers().of("X-User");
		}

		@Bean
		Controllers controllers() {
			return new Controllers();
		}

		@Bean
		CrossOriginControllers crossOriginControllers() {
			return new CrossOriginControllers();
		}

		@Bean
		Proxied proxied() {
			return new ProxiedController();
		}

		@Bean
		Headers headers() {
			return new Headers();
		}

		@Bean
		UrlBasedCorsConfigurationSource corsConfigurationSource() {
			CorsConfiguration configuration = new CorsConfiguration().applyPermitDefaultValues();
			configuration.setAllowedOrigins(List.of("https://secured.example.org"));
			UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
			source.registerCorsConfiguration("/cors/secured", configuration);
			return source;
		}

	}

	/** Has the mapping, because the bean is a JDK proxy. */
	@RestController
	interface Proxied {

		@GetMapping("/proxied")
		String proxied();

	}

	static class ProxiedController implements Proxied {

		@Override
		@RateLimited(name = "proxied", limit = 2, window = "1h")
		public String proxied() {
			return "proxied";
		}

	}

	@RestController
	@CrossOrigin(origins = ORIGIN)
	static class CrossOriginControllers {

		@GetMapping({ "/cors/preflight", "/cors/denied", "/cors/down" })
		String ruled() {
			return "ruled";
		}

		@GetMapping("/cors/annotated")
		@RateLimited(name = "annotated", limit = 2, window = "1h")
		String annotated() {
			return "annotated";
		}

	}

	@RestController
	static class Controllers {

		@GetMapping("/resolver/user")
		@RateLimited(name = "resolved", limit = 2, window = "1h", perUser = true)
		String resolved() {
			return "resolved";
		}

		@GetMapping("/expression/key")
		@RateLimited(name = "key", limit = 2, window = "1h", key = "@headers.of('X-User')")
		String key() {
			return "key";
		}

		@GetMapping("/expression/key-of-argument")
		@RateLimited(name = "argument", limit = 2, window = "1h", key = "#user.trim()")
		String keyOfArgument(@RequestHeader(name = "X-User", required = false) String user) {
			return "key";
		}

		@GetMapping("/expression/limit")
		@RateLimited(name = "limit", key = "@headers.of('X-Value')", limitExpression = "@headers.of('X-Value')")
		String limit() {
			return "limit";
		}

		@GetMapping("/expression/shared")
		@RateLimited(name = "shared", limitExpression = "@headers.of('X-Value')")
		String shared() {
			return "shared";
		}

		@GetMapping("/expression/cost")
		@RateLimited(name = "cost", limit = 5, window = "1h", costExpression = "@headers.of('X-Value')")
		String cost() {
			return "cost";
		}

		@GetMapping("/twice")
		@RateLimited(name = "twice", limit = 2, window = "1h")
		String twice() {
			return "twice";
		}

		@GetMapping("/burst")
		@RateLimited(name = "burst", limit = 10, window = "1h", burst = 50)
		String burst() {
			return "burst";
		}

		@GetMapping("/forward/same")
		@RateLimited(name = "forward", limit = 2, window = "1h")
		void forward(HttpServletRequest request, HttpServletResponse response) throws Exception {
			request.getRequestDispatcher("/target/same").forward(request, response);
		}

		@GetMapping("/forward/other")
		void forwardToOther(HttpServletRequest request, HttpServletResponse response) throws Exception {
			request.getRequestDispatcher("/target/other").forward(request, response);
		}

		@GetMapping("/include/same")
		@RateLimited(name = "include", limit = 2, window = "1h")
		void include(HttpServletRequest request, HttpServletResponse response) throws Exception {
			request.getRequestDispatcher("/target/included").include(request, response);
		}

		@GetMapping("/target/same")
		@RateLimited(name = "forward", limit = 2, window = "1h")
		String sameTarget() {
			return "target";
		}

		@GetMapping("/target/included")
		@RateLimited(name = "include", limit = 2, window = "1h")
		String includedTarget() {
			return "target";
		}

		@GetMapping("/target/other")
		@RateLimited(name = "other", limit = 1, window = "1h")
		String otherTarget() {
			return "target";
		}

	}

	/** The headers of the current request, for expressions. */
	public static final class Headers {

		public String of(String name) {
			return (RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes attributes)
					? attributes.getRequest().getHeader(name) : null;
		}

	}

}
