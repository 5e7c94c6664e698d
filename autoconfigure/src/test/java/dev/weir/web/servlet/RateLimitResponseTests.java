package dev.weir.web.servlet;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.annotation.RateLimited;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.redis.TestRedis;
import org.greenbytes.http.sfv.Item;
import org.greenbytes.http.sfv.OuterList;
import org.greenbytes.http.sfv.Parser;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests the responses to allowed and denied requests: status, body and headers. The
 * windows are so long that no token is added while a test runs.
 */
@Timeout(60)
class RateLimitResponseTests {

	private static final List<String> RULES = List.of("--weir.rate-limit.rules[0].name=static",
			"--weir.rate-limit.rules[0].path=/static/**", "--weir.rate-limit.rules[0].limit=2/1h",
			"--weir.rate-limit.rules[1].name=ruled", "--weir.rate-limit.rules[1].path=/both/**",
			"--weir.rate-limit.rules[1].limit=9/1h");

	private static TestRedis redis;

	private static RateLimitedApplication application;

	private static final AtomicInteger handled = new AtomicInteger();

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		application = run();
	}

	private static RateLimitedApplication run(String... properties) {
		return RateLimitedApplication.run(redis, Beans.class, RULES, properties);
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

	@Test
	void aDeniedRequestGetsProblemDetails() throws Exception {
		assertThat(application.get("/two").statusCode()).isEqualTo(200);
		assertThat(application.get("/two").statusCode()).isEqualTo(200);
		HttpResponse<String> denied = application.get("/two");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(denied.headers().firstValue("Retry-After"))
			.hasValueSatisfying((seconds) -> assertThat(Long.parseLong(seconds)).isBetween(1700L, 1800L));
		assertThat(denied.headers().firstValue("Cache-Control")).hasValue("no-store");
		assertThat(denied.body())
			.contains("\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\"")
			.contains("\"status\":429")
			.contains("\"violated-policies\":[\"two\"]")
			.doesNotContain("127.0.0.1");
		assertThat(handled).hasValue(2);
	}

	@Test
	void sendsABrowserToTheErrorPageOfTheApplication() throws Exception {
		String browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
		application.get("/two");
		application.get("/two");
		HttpResponse<String> denied = application.get("/two", "Accept", browser);
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.headers().firstValue("Content-Type"))
			.hasValueSatisfying((type) -> assertThat(type).startsWith("text/html"));
		assertThat(denied.headers().firstValue("Retry-After")).isPresent();
		assertThat(denied.headers().firstValue("RateLimit")).isPresent();
		assertThat(denied.body()).contains("<html>").contains("429");
		assertThat(handled).hasValue(2);
	}

	@Test
	void aClientThatWantsAnEventStreamGetsProblemDetails() throws Exception {
		application.get("/sse", "Accept", "text/event-stream");
		application.get("/sse", "Accept", "text/event-stream");
		HttpResponse<String> denied = application.get("/sse", "Accept", "text/event-stream");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(denied.body()).contains("quota-exceeded");
	}

	@Test
	void theHeadersAreStructuredFields() throws Exception {
		HttpResponse<String> allowed = application.getAs("alice", "/chat");
		OuterList policies = Parser.parseList(header(allowed, "RateLimit-Policy"));
		OuterList states = Parser.parseList(header(allowed, "RateLimit"));
		assertThat(policies.get().stream().map(RateLimitResponseTests::name)).containsExactly("chat:stream",
				"chat:user");
		assertThat(states.get().stream().map(RateLimitResponseTests::name)).containsExactly("chat:stream", "chat:user");
		assertThat(parameter(policies, 0, "q")).isEqualTo(3L);
		assertThat(parameter(policies, 0, "w")).isEqualTo(3600L);
		assertThat(parameter(policies, 1, "q")).isEqualTo(2L);
		assertThat(parameter(states, 0, "r")).isEqualTo(2L);
		assertThat((Long) parameter(states, 0, "t")).isBetween(1100L, 1200L);
		assertThat(parameter(states, 1, "r")).isEqualTo(1L);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/both", "/both/handled", "/both/reactive" })
	void limitsThatAreChargedOneAfterTheOtherAreReportedTogether(String path) throws Exception {
		HttpResponse<String> allowed = application.get(path + "?tenant=a");
		assertThat(allowed.statusCode()).isEqualTo(200);
		assertThat(names(allowed, "RateLimit")).containsExactly("ruled", path);
		assertThat(names(allowed, "RateLimit-Policy")).containsExactly("ruled", path);
		HttpResponse<String> denied = application.get(path + "?tenant=a");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(names(denied, "RateLimit")).containsExactly("ruled", path);
		assertThat(names(denied, "RateLimit-Policy")).containsExactly("ruled", path);
		assertThat(denied.body()).contains(path.equals("/both/handled") ? "in our own words" : "quota-exceeded");
		assertThat(application.get(path + "?tenant=b").statusCode()).isEqualTo(200);
	}

	@Test
	void aRequestWithoutALimitHasNoHeaderAndDoesNotAskRedis() throws Exception {
		application.get("/two");
		redis.resetCommandCounts();
		HttpResponse<String> free = application.get("/free");
		assertThat(free.statusCode()).isEqualTo(200);
		assertThat(free.headers().map()).doesNotContainKeys("ratelimit", "ratelimit-policy");
		assertThat(redis.scriptCalls()).isZero();
	}

	@Test
	void aLimitInShadowModeIsNeitherEnforcedNorReported() throws Exception {
		for (int i = 0; i < 3; i++) {
			HttpResponse<String> answer = application.get("/shadow");
			assertThat(answer.statusCode()).isEqualTo(200);
			assertThat(answer.headers().firstValue("RateLimit")).isEmpty();
		}
	}

	@Test
	void theHeadersCanBeLegacyOrNone() throws Exception {
		try (RateLimitedApplication legacy = run("--weir.rate-limit.headers=legacy")) {
			HttpResponse<String> answer = legacy.get("/two");
			assertThat(header(answer, "X-RateLimit-Limit")).isEqualTo("2");
			assertThat(header(answer, "X-RateLimit-Remaining")).isEqualTo("1");
			assertThat(Long.parseLong(header(answer, "X-RateLimit-Reset"))).isBetween(1700L, 1800L);
			assertThat(answer.headers().firstValue("RateLimit")).isEmpty();
		}
		try (RateLimitedApplication none = run("--weir.rate-limit.headers=none", "--weir.web.problem-details=false",
				"--weir.rate-limit.policies.static.enabled=false")) {
			none.get("/two");
			HttpResponse<String> denied = none.get("/two");
			assertThat(denied.statusCode()).isEqualTo(429);
			assertThat(denied.headers().firstValue("Retry-After")).isPresent();
			assertThat(denied.headers().map().keySet()).noneMatch((name) -> name.contains("ratelimit"));
			for (int i = 0; i < 3; i++) {
				assertThat(none.get("/static/page.txt").statusCode()).isEqualTo(200);
			}
		}
	}

	private static String name(Object item) {
		return (String) ((Item<?>) item).get();
	}

	private static List<String> names(HttpResponse<?> response, String header) {
		assertThat(response.headers().allValues(header)).hasSize(1);
		return Parser.parseList(header(response, header)).get().stream().map(RateLimitResponseTests::name).toList();
	}

	private static Object parameter(OuterList list, int index, String name) {
		return list.get().get(index).getParams().get(name).get();
	}

	private static String header(HttpResponse<?> response, String name) {
		return RateLimitedApplication.header(response, name);
	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Controllers controllers() {
			return new Controllers();
		}

		@Bean
		Handled handled() {
			return new Handled();
		}

		@Bean
		Both both() {
			return new Both();
		}

	}

	@RestController
	static class Both {

		@GetMapping("/both")
		@RateLimited(name = "/both", key = "#tenant", limit = 1, window = "1h")
		String both(@RequestParam String tenant) {
			return tenant;
		}

		@GetMapping("/both/reactive")
		@RateLimited(name = "/both/reactive", key = "#tenant", limit = 1, window = "1h")
		Mono<String> reactive(@RequestParam String tenant) {
			return Mono.just(tenant);
		}

	}

	@RestController
	static class Handled {

		@GetMapping("/both/handled")
		@RateLimited(name = "/both/handled", key = "#tenant", limit = 1, window = "1h")
		String handled(@RequestParam String tenant) {
			return tenant;
		}

		@ExceptionHandler
		@ResponseStatus(HttpStatus.TOO_MANY_REQUESTS)
		String denied(RateLimitExceededException ex) {
			return "in our own words";
		}

	}

	@RestController
	static class Controllers {

		@GetMapping("/two")
		@RateLimited(name = "two", limit = 2, window = "1h")
		String two() {
			handled.incrementAndGet();
			return "two";
		}

		@GetMapping("/chat")
		@RateLimited(name = "chat:stream", limit = 3, window = "1h")
		@RateLimited(name = "chat:user", limit = 2, window = "1h", perUser = true)
		String chat() {
			return "chat";
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

		@GetMapping("/shadow")
		@RateLimited(name = "shadow", limit = 1, window = "1h", shadow = true)
		String shadow() {
			return "shadow";
		}

		@GetMapping("/free")
		String free() {
			return "free";
		}

	}

}
