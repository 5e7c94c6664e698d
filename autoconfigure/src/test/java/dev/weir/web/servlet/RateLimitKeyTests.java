package dev.weir.web.servlet;

import java.net.http.HttpResponse;
import java.util.List;

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
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests which requests share a bucket: by user, address, header or expression. The
 * windows are so long that no token is added while a test runs.
 */
@Timeout(60)
class RateLimitKeyTests {

	private static final List<String> RULES = List.of("--weir.rate-limit.rules[0].name=by-header",
			"--weir.rate-limit.rules[0].path=/keyed/{id}", "--weir.rate-limit.rules[0].methods=get",
			"--weir.rate-limit.rules[0].limit=1/1h", "--weir.rate-limit.rules[0].by=header",
			"--weir.rate-limit.rules[0].header=X-Api-Key", "--weir.rate-limit.rules[1].name=by-expression",
			"--weir.rate-limit.rules[1].path=/keyed/{id}", "--weir.rate-limit.rules[1].methods=post",
			"--weir.rate-limit.rules[1].limit=1/1h", "--weir.rate-limit.rules[1].by=expression",
			"--weir.rate-limit.rules[1].expression=getParameter('tenant') + #user");

	private static TestRedis redis;

	private static RateLimitedApplication application;

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		application = RateLimitedApplication.run(redis, Beans.class, RULES);
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
	void eachUserHasABucketAndADenialTakesNoTokens() throws Exception {
		assertThat(status("/chat", "alice")).isEqualTo(200);
		assertThat(status("/chat", "alice")).isEqualTo(200);
		for (int i = 0; i < 3; i++) {
			assertThat(status("/chat", "alice")).isEqualTo(429);
		}
		assertThat(status("/chat", "bob")).isEqualTo(200);
		HttpResponse<String> denied = application.getAs("bob", "/chat");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.body()).contains("\"violated-policies\":[\"chat:stream\"]");
		assertThat(redis.server().text("EVAL", "return table.concat(redis.call('KEYS', '*'), ' ')", "0"))
			.doesNotContain("alice")
			.doesNotContain("bob");
	}

	@Test
	void anAnonymousClientIsIdentifiedByItsAddressAndCannotForgeIt() throws Exception {
		assertThat(application.get("/own").statusCode()).isEqualTo(200);
		assertThat(application.get("/own", "X-Forwarded-For", "203.0.113.7").statusCode()).isEqualTo(429);
		assertThat(application.get("/own", "Forwarded", "for=203.0.113.8").statusCode()).isEqualTo(429);
		assertThat(status("/own", "alice")).isEqualTo(200);
	}

	@Test
	void behindATrustedProxyTheForwardedAddressCounts() throws Exception {
		try (RateLimitedApplication behind = RateLimitedApplication.run(redis, Beans.class, RULES,
				"--server.forward-headers-strategy=native")) {
			assertThat(behind.get("/own", "X-Forwarded-For", "203.0.113.7").statusCode()).isEqualTo(200);
			assertThat(behind.get("/own", "X-Forwarded-For", "::ffff:203.0.113.7").statusCode()).isEqualTo(429);
			assertThat(behind.get("/own", "X-Forwarded-For", "2001:db8:1:2::1").statusCode()).isEqualTo(200);
			assertThat(behind.get("/own", "X-Forwarded-For", "2001:db8:1:2:ffff::9").statusCode()).isEqualTo(429);
			assertThat(behind.get("/own", "X-Forwarded-For", "2001:db8:1:3::1").statusCode()).isEqualTo(200);
		}
	}

	@Test
	void rulesHaveKeysFromHeadersAndExpressions() throws Exception {
		assertThat(application.get("/keyed/1", "X-Api-Key", "a").statusCode()).isEqualTo(404);
		assertThat(application.get("/keyed/2", "X-Api-Key", "b").statusCode()).isEqualTo(404);
		assertThat(application.get("/keyed/3", "X-Api-Key", "a").statusCode()).isEqualTo(429);
		assertThat(application.get("/keyed/4").statusCode()).isEqualTo(404);
		assertThat(application.get("/keyed/5").statusCode()).isEqualTo(429);
		assertThat(application.send("HEAD", "/keyed/5").statusCode()).isEqualTo(429);
		assertThat(application.send("POST", "/keyed/6?tenant=a").statusCode()).isEqualTo(404);
		assertThat(application.send("POST", "/keyed/7?tenant=b").statusCode()).isEqualTo(404);
		assertThat(application.send("POST", "/keyed/8?tenant=a").statusCode()).isEqualTo(429);
	}

	private static int status(String path, String user) throws Exception {
		return application.getAs(user, path).statusCode();
	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Controllers controllers() {
			return new Controllers();
		}

	}

	@RestController
	static class Controllers {

		@GetMapping("/chat")
		@RateLimited(name = "chat:stream", limit = 3, window = "1h")
		@RateLimited(name = "chat:user", limit = 2, window = "1h", perUser = true)
		String chat() {
			return "chat";
		}

		@GetMapping("/own")
		@RateLimited(name = "own", limit = 1, window = "1h", perUser = true)
		String own() {
			return "own";
		}

	}

}
