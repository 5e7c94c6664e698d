package dev.weir.web.servlet;

import java.net.http.HttpResponse;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import dev.weir.annotation.RateLimited;
import dev.weir.redis.TestRedis;
import jakarta.servlet.Filter;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Service;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests which requests are charged, when, and how often. The windows are so long that no
 * token is added while a test runs.
 */
@Timeout(60)
class RateLimitChargeTests {

	private static final List<String> RULES = List.of("--weir.rate-limit.rules[0].name=static",
			"--weir.rate-limit.rules[0].path=/static/**", "--weir.rate-limit.rules[0].limit=2/1h");

	private static TestRedis redis;

	private static RateLimitedApplication application;

	private static final AtomicInteger handled = new AtomicInteger();

	/** The attributes of the last request, after all other filters. */
	private static final AtomicReference<List<String>> attributes = new AtomicReference<>(List.of());

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		application = RateLimitedApplication.run(redis, Beans.class, RULES);
	}

	@BeforeEach
	void flush() {
		redis.server().command("FLUSHALL");
		handled.set(0);
	}

	@AfterAll
	static void stop() {
		application.close();
		redis.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/sse", "/callable", "/stage", "/failing", "/forwarding", "/two" })
	void aRequestIsChargedOnce(String path) throws Exception {
		get(path);
		HttpResponse<String> second = get(path);
		assertThat(second.statusCode()).isNotEqualTo(429);
		assertThat(get(path).statusCode()).isEqualTo(429);
	}

	@Test
	void headIsChargedLikeGetAndOptionsIsNotCharged() throws Exception {
		assertThat(application.send("HEAD", "/two").statusCode()).isEqualTo(200);
		assertThat(application.send("OPTIONS", "/two").statusCode()).isEqualTo(200);
		assertThat(application.send("DELETE", "/two").statusCode()).isEqualTo(405);
		assertThat(get("/two/none").statusCode()).isEqualTo(404);
		assertThat(application.send("HEAD", "/two").statusCode()).isEqualTo(200);
		HttpResponse<String> denied = application.send("HEAD", "/two");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.body()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/tw%6f", "/two;a=b", "/two;jsessionid=1" })
	void anEncodedPathDoesNotBypassTheLimit(String path) throws Exception {
		get("/two");
		get("/two");
		assertThat(get(path).statusCode()).isIn(400, 429);
		assertThat(handled).hasValue(2);
	}

	@Test
	void theLookupOfTheHandlerLeavesNoAttributeInTheRequest() throws Exception {
		assertThat(get("/two").statusCode()).isEqualTo(200);
		assertThat(attributes.get()).isNotEmpty().noneMatch((name) -> name.startsWith(HandlerMapping.class.getName()));
	}

	@Test
	void aPatternThatLosesAgainstAnotherMappingIsNotCharged() throws Exception {
		for (int i = 0; i < 3; i++) {
			assertThat(get("/pattern/fixed").statusCode()).isEqualTo(200);
		}
		assertThat(get("/pattern/7").statusCode()).isEqualTo(200);
		assertThat(get("/pattern/8").statusCode()).isEqualTo(429);
	}

	@Test
	void theBodyOfADeniedRequestIsNotRead() throws Exception {
		assertThat(application.post("/upload", "{}").statusCode()).isEqualTo(200);
		HttpResponse<String> denied = application.post("/upload", "this is no JSON");
		assertThat(denied.statusCode()).isEqualTo(429);
	}

	@Test
	void aLimitThatDependsOnAnArgumentIsChargedOnceTheArgumentIsBound() throws Exception {
		assertThat(get("/argument?tenant=a").statusCode()).isEqualTo(200);
		assertThat(header(get("/argument?tenant=b"), "RateLimit")).startsWith("\"argument\";r=0;t=");
		HttpResponse<String> denied = get("/argument?tenant=a");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.headers().firstValue("Retry-After")).isPresent();
		assertThat(header(denied, "RateLimit")).startsWith("\"argument\";r=0;t=");
	}

	@Test
	void aServiceBehindAControllerIsChargedToo() throws Exception {
		HttpResponse<String> allowed = get("/service");
		assertThat(allowed.statusCode()).isEqualTo(200);
		assertThat(allowed.headers().firstValue("RateLimit")).isEmpty();
		HttpResponse<String> denied = get("/service");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.body()).contains("\"violated-policies\":[\"service\"]");
	}

	@Test
	void anAnnotationOnTheClassAppliesToMethodsWithoutOne() throws Exception {
		assertThat(get("/class/a").statusCode()).isEqualTo(200);
		assertThat(get("/class/b").statusCode()).isEqualTo(429);
		assertThat(get("/class/own").statusCode()).isEqualTo(200);
	}

	@Test
	void rulesApplyToRequestsWithoutAController() throws Exception {
		assertThat(get("/static/page.txt").body()).isEqualTo("static page\n");
		assertThat(get("/static/missing").statusCode()).isEqualTo(404);
		assertThat(get("/static/page.txt").statusCode()).isEqualTo(429);
	}

	private static HttpResponse<String> get(String path) throws Exception {
		return application.get(path);
	}

	private static String header(HttpResponse<?> response, String name) {
		return RateLimitedApplication.header(response, name);
	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Controllers controllers(LimitedService service) {
			return new Controllers(service);
		}

		@Bean
		OnItsClass onItsClass() {
			return new OnItsClass();
		}

		@Bean
		FilterRegistrationBean<Filter> attributesAfterTheFilters() {
			FilterRegistrationBean<Filter> last = new FilterRegistrationBean<>((request, response, chain) -> {
				attributes.set(Collections.list(request.getAttributeNames()));
				chain.doFilter(request, response);
			});
			last.setOrder(Ordered.LOWEST_PRECEDENCE);
			return last;
		}

		@Bean
		LimitedService limitedService() {
			return new LimitedService();
		}

	}

	@Service
	static class LimitedService {

		@RateLimited(name = "service", limit = 1, window = "1h")
		String work() {
			return "done";
		}

	}

	@RestController
	@RateLimited(name = "class", limit = 1, window = "1h")
	public static class OnItsClass {

		@GetMapping("/class/a")
		public String a() {
			return "a";
		}

		@GetMapping("/class/b")
		public String b() {
			return "b";
		}

		@GetMapping("/class/own")
		@RateLimited(name = "class-own", limit = 1, window = "1h")
		public String own() {
			return "own";
		}

	}

	@RestController
	static class Controllers {

		private final LimitedService service;

		Controllers(LimitedService service) {
			this.service = service;
		}

		@GetMapping("/two")
		@RateLimited(name = "two", limit = 2, window = "1h")
		String two() {
			handled.incrementAndGet();
			return "two";
		}

		@GetMapping(path = "/sse", produces = { MediaType.TEXT_EVENT_STREAM_VALUE, MediaType.ALL_VALUE })
		@RateLimited(name = "sse", limit = 2, window = "1h")
		SseEmitter sse() throws Exception {
			SseEmitter emitter = new SseEmitter();
			CompletableFuture.runAsync(() -> {
				try {
					emitter.send("event");
					emitter.complete();
				}
				catch (Exception ex) {
					emitter.completeWithError(ex);
				}
			});
			return emitter;
		}

		@GetMapping("/callable")
		@RateLimited(name = "callable", limit = 2, window = "1h")
		Callable<String> callable() {
			return () -> "called";
		}

		@GetMapping("/stage")
		@RateLimited(name = "stage", limit = 2, window = "1h")
		CompletableFuture<String> stage() {
			return CompletableFuture.supplyAsync(() -> "staged");
		}

		@GetMapping("/failing")
		@RateLimited(name = "failing", limit = 2, window = "1h")
		String failing() {
			throw new IllegalStateException("as planned");
		}

		@GetMapping("/forwarding")
		@RateLimited(name = "forwarding", limit = 2, window = "1h")
		void forwarding(HttpServletRequest request, HttpServletResponse response) throws Exception {
			if (request.getAttribute(RequestDispatcher.FORWARD_REQUEST_URI) == null) {
				request.getRequestDispatcher("/forwarding").forward(request, response);
			}
		}

		@GetMapping("/pattern/{id}")
		@RateLimited(name = "pattern", limit = 1, window = "1h")
		String pattern() {
			return "pattern";
		}

		@GetMapping("/pattern/fixed")
		String fixed() {
			return "fixed";
		}

		@PostMapping("/upload")
		@RateLimited(name = "upload", limit = 1, window = "1h")
		String upload(@RequestBody Map<String, String> body) {
			return "uploaded";
		}

		@GetMapping("/argument")
		@RateLimited(name = "argument", key = "#tenant", limit = 1, window = "1h")
		String argument(@RequestParam String tenant) {
			return tenant;
		}

		@GetMapping("/service")
		String service() {
			return this.service.work();
		}

	}

}
