package dev.weir.web.servlet;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.annotation.DistributedLock;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests a server under more requests for one busy lock than it has threads.
 */
@Timeout(90)
class CrowdedRequestsTests {

	private static final int REQUESTS = 250;

	private static final int MAX_WAITERS = 100;

	@Test
	void requestsThatWaitForALockLeaveThreadsForOtherRequests() throws Exception {
		try (TestRedis redis = new TestRedis();
				RateLimitedApplication application = RateLimitedApplication.run(redis, Pages.class, List.of())) {
			redis.server().command("SET", "weir:busy", "another service", "PX", "80000");
			List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
			for (int i = 0; i < REQUESTS; i++) {
				answers.add(application.getAsync("/busy"));
			}
			await().atMost(20, TimeUnit.SECONDS)
				.until(() -> answers.stream().filter(CompletableFuture::isDone).count() == REQUESTS - MAX_WAITERS);
			assertThat(application.get("/free").body()).isEqualTo("free");
			assertThat(application.get("/busy").statusCode()).isEqualTo(409);
			assertThat(answers.stream().filter(CompletableFuture::isDone)).hasSize(REQUESTS - MAX_WAITERS)
				.allSatisfy((answer) -> assertThat(answer.join().statusCode()).isEqualTo(409));
			redis.server().command("DEL", "weir:busy");
			assertThat(answers.stream().map(CompletableFuture::join).filter((answer) -> answer.statusCode() == 200))
				.hasSize(MAX_WAITERS);
		}
	}

	@Test
	void aPolicyCanHaveItsOwnBound() throws Exception {
		try (TestRedis redis = new TestRedis();
				RateLimitedApplication application = RateLimitedApplication.run(redis, Pages.class, List.of(),
						"--weir.lock.policies.busy.max-waiters=1")) {
			redis.server().command("SET", "weir:busy", "another service", "PX", "80000");
			List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
			for (int i = 0; i < 5; i++) {
				answers.add(application.getAsync("/busy"));
			}
			await().atMost(20, TimeUnit.SECONDS)
				.until(() -> answers.stream().filter(CompletableFuture::isDone).count() == 4);
			redis.server().command("DEL", "weir:busy");
			assertThat(answers.stream().map(CompletableFuture::join).map(HttpResponse::statusCode))
				.containsExactlyInAnyOrder(200, 409, 409, 409, 409);
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Pages {

		@Bean
		Controller controller() {
			return new Controller();
		}

	}

	@RestController
	static class Controller {

		@GetMapping("/busy")
		@DistributedLock(name = "busy", waitTime = "80s")
		String busy() {
			return "done";
		}

		@GetMapping("/free")
		String free() {
			return "free";
		}

	}

}
