package dev.weir.web.servlet;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import dev.weir.annotation.RateLimited;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests the responses to requests with quotas and with handlers that wait.
 */
@Timeout(60)
class RateLimitBudgetTests {

	private static final ZoneId ZONE = ZoneId.of("Pacific/Chatham");

	private static TestRedis redis;

	private static RateLimitedApplication application;

	/** The thread of the last request to {@code /patient}. */
	private static final AtomicReference<Thread> caller = new AtomicReference<>();

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		application = RateLimitedApplication.run(redis, Beans.class,
				List.of("--weir.rate-limit.rules[0].name=ruled", "--weir.rate-limit.rules[0].path=/ruled",
						"--weir.rate-limit.rules[0].limit=2/month"),
				"--weir.rate-limit.zone=" + ZONE, "--weir.rate-limit.policies.weekly.limit=2/week",
				"--weir.rate-limit.policies.weekly.zone=UTC");
	}

	@BeforeEach
	void flush() {
		redis.server().command("FLUSHALL");
	}

	@AfterAll
	static void stop() {
		application.close();
		redis.close();
	}

	@Test
	void aRuleWithAQuotaTellsWhenItsCountBeginsAnew() throws Exception {
		assertQuota("/ruled", "ruled", nextMonth());
	}

	@Test
	void aHandlerWithAQuotaTellsWhenItsCountBeginsAnew() throws Exception {
		assertQuota("/monthly", "monthly", nextMonth());
	}

	@Test
	void aPropertySetsTheZoneOfOnePolicy() throws Exception {
		ZonedDateTime monday = ZonedDateTime.now(ZoneId.of("UTC")).truncatedTo(ChronoUnit.DAYS).plusDays(1);
		while (monday.getDayOfWeek().getValue() != 1) {
			monday = monday.plusDays(1);
		}
		assertQuota("/weekly", "weekly", monday);
	}

	private static ZonedDateTime nextMonth() {
		return ZonedDateTime.now(ZONE).toLocalDate().withDayOfMonth(1).plusMonths(1).atStartOfDay(ZONE);
	}

	private static void assertQuota(String path, String name, ZonedDateTime end) throws Exception {
		HttpResponse<String> first = application.get(path);
		assertThat(first.statusCode()).isEqualTo(200);
		// Not all months are equally long, so there is no window.
		assertThat(RateLimitedApplication.header(first, "RateLimit-Policy")).isEqualTo('"' + name + "\";q=2");
		String prefix = '"' + name + "\";r=1;t=";
		assertThat(RateLimitedApplication.header(first, "RateLimit")).startsWith(prefix);
		assertSecondsUntil(end, RateLimitedApplication.header(first, "RateLimit").substring(prefix.length()));
		assertThat(application.get(path).statusCode()).isEqualTo(200);
		HttpResponse<String> denied = application.get(path);
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(RateLimitedApplication.header(denied, "RateLimit")).startsWith('"' + name + "\";r=0;t=");
		assertSecondsUntil(end, RateLimitedApplication.header(denied, "Retry-After"));
	}

	private static void assertSecondsUntil(ZonedDateTime end, String seconds) {
		assertThat(Long.parseLong(seconds)).isBetween(ChronoUnit.SECONDS.between(ZonedDateTime.now(), end),
				ChronoUnit.SECONDS.between(ZonedDateTime.now(), end) + 60);
	}

	@Test
	void aHandlerThatWouldWaitLongerIsAnsweredAtOnceWith429() throws Exception {
		assertThat(application.get("/slow/1").statusCode()).isEqualTo(200);
		HttpResponse<String> denied = application.get("/slow/1");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(Long.parseLong(RateLimitedApplication.header(denied, "Retry-After"))).isBetween(3500L, 3600L);
		assertThat(RateLimitedApplication.header(denied, "RateLimit")).startsWith("\"slow\";r=0;t=");
		assertThat(denied.headers().firstValue("Content-Type")).hasValue("application/problem+json");
	}

	@Test
	void aHandlerWaitsForItsToken() throws Exception {
		long begin = System.nanoTime();
		for (int i = 0; i < 3; i++) {
			assertThat(application.get("/fast").statusCode()).isEqualTo(200);
		}
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(390));
	}

	@Test
	void aRequestThatIsInterruptedWhileItWaitsIsAnsweredWith503AndGivesItsTokenBack() throws Exception {
		assertThat(application.get("/patient").statusCode()).isEqualTo(200);
		FutureTask<HttpResponse<String>> waiting = new FutureTask<>(() -> application.get("/patient"));
		new Thread(waiting).start();
		await().until(() -> tokens("patient") == -1);
		await().until(() -> caller.get().getState() == Thread.State.WAITING);
		caller.get().interrupt();
		HttpResponse<String> answer = waiting.get(20, TimeUnit.SECONDS);
		assertThat(answer.statusCode()).isEqualTo(503);
		assertThat(RateLimitedApplication.header(answer, "Retry-After")).isEqualTo("1");
		assertThat(answer.body()).contains("temporary-reduced-capacity")
			.contains("\"violated-policies\":[\"patient\"]");
		await().until(() -> tokens("patient") == 0);
	}

	private static int tokens(String bucket) {
		return Integer.parseInt(redis.server().text("GET", "weir:" + bucket + "%tokens").split(" ")[3]);
	}

	@Test
	void theFilterNeverWaitsBecauseAHandlerThatWaitsIsChargedWhenItIsCalled() throws Exception {
		HttpResponse<String> mistaken = application.get("/slow/no-number");
		assertThat(mistaken.statusCode()).isEqualTo(400);
		assertThat(mistaken.headers().firstValue("RateLimit")).isEmpty();
		assertThat(redis.server().number("EXISTS", "weir:slow%tokens")).isZero();
		assertThat(application.get("/slow/1").statusCode()).isEqualTo(200);
		assertThat(redis.server().number("EXISTS", "weir:slow%tokens")).isOne();
	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Controller controller() {
			return new Controller();
		}

		@Bean
		Supplier<Integer> cost() {
			return () -> {
				caller.set(Thread.currentThread());
				return 1;
			};
		}

	}

	@RestController
	static class Controller {

		@GetMapping("/patient")
		@RateLimited(name = "patient", limit = 1, window = "1h", waitTime = "2h", costExpression = "@cost.get()")
		String patient() {
			return "patient";
		}

		@GetMapping("/ruled")
		String ruled() {
			return "ruled";
		}

		@GetMapping("/monthly")
		@RateLimited(name = "monthly", limit = 2, window = "month")
		String monthly() {
			return "monthly";
		}

		@GetMapping("/weekly")
		@RateLimited(name = "weekly", limit = 1000, window = "1s", zone = "Europe/Berlin")
		String weekly() {
			return "weekly";
		}

		@GetMapping("/slow/{number}")
		@RateLimited(name = "slow", limit = 1, window = "1h", waitTime = "10s")
		String slow(@PathVariable("number") int number) {
			return "slow " + number;
		}

		@GetMapping("/fast")
		@RateLimited(name = "fast", limit = 5, window = "1s", burst = 1, waitTime = "10s")
		String fast() {
			return "fast";
		}

	}

}
