package dev.weir.sample;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Two instances on one Redis: a stampede, and a Redis that goes away and comes back.
 */
@TestMethodOrder(MethodOrderer.MethodName.class)
class TwoInstancesTests {

	private static RedisServer redis;

	private static Instance one;

	private static Instance two;

	@BeforeAll
	static void start() {
		redis = RedisServer.start();
		String url = "spring.data.redis.url=" + redis.uri();
		one = Instance.start(url, "sample.embeddings.extra-latency=300ms");
		two = Instance.start(url, "sample.embeddings.extra-latency=300ms");
	}

	@AfterAll
	static void stop() {
		one.close();
		two.close();
		redis.close();
	}

	@Test
	void aStampedeOverBothInstancesIsComputedOnce() throws Exception {
		for (int round = 0; round < 5; round++) {
			String text = "stampede " + round;
			long before = one.computed() + two.computed();
			long beforeEverywhere = two.computedEverywhere();
			List<CompletableFuture<HttpResponse<String>>> requests = new ArrayList<>();
			for (int i = 0; i < 50; i++) {
				requests.add(Instance.embedAsync((i % 2 != 0) ? one.port() : two.port(), text));
			}
			CompletableFuture.allOf(requests.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
			assertThat(requests).allSatisfy((request) -> assertThat(request.join().statusCode()).isEqualTo(200));
			assertThat(requests.stream()
				.map((request) -> Instance.json(request.join().body()).get("embedding"))
				.distinct()).hasSize(1);
			assertThat(one.computed() + two.computed() - before).isEqualTo(1);
			assertThat(one.computedEverywhere() - beforeEverywhere).isEqualTo(1);
			assertThat(requests.stream().filter((request) -> request.join().body().contains("\"cached\":false")))
				.hasSize(1);
		}
	}

	@Test
	void withAFrozenRedisARequestFailsWithinASecondAndWorksAgainAfterTheThaw() {
		one.embed("before the frost");
		redis.pause();
		try {
			assertUnavailableWithinASecond("during the frost");
			assertUnavailableWithinASecond("before the frost");
		}
		finally {
			redis.resume();
		}
		assertWorksWithinTwoSeconds("after the frost");
	}

	@Test
	void withAKilledRedisARequestFailsWithinASecondAndWorksAgainAfterTheRestart() {
		one.embed("before the crash");
		redis.kill();
		for (int i = 0; i < 5; i++) {
			assertUnavailableWithinASecond("during the crash");
		}
		redis.restart();
		assertWorksWithinTwoSeconds("after the crash");
	}

	@Test
	void withARedisThatIsFrozenAtTheStartRequestsFailWithinASecondAndWorkAfterTheThaw() {
		try (RedisServer frozen = RedisServer.start()) {
			frozen.pause();
			try (Instance instance = Instance.start("spring.data.redis.url=" + frozen.uri())) {
				long start = System.nanoTime();
				List<CompletableFuture<HttpResponse<String>>> requests = new ArrayList<>();
				for (int i = 0; i < 20; i++) {
					requests.add(Instance.embedAsync(instance.port(), "text " + i));
				}
				assertThat(requests).allSatisfy((request) -> assertThat(request.join().statusCode()).isEqualTo(503));
				assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
				frozen.resume();
				await().atMost(3, TimeUnit.SECONDS)
					.pollInterval(50, TimeUnit.MILLISECONDS)
					.until(() -> instance.embed("text").statusCode() == 200);
			}
			finally {
				frozen.resume();
			}
		}
	}

	private static void assertUnavailableWithinASecond(String text) {
		long start = System.nanoTime();
		HttpResponse<String> response = one.embed(text);
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
		assertThat(response.statusCode()).isEqualTo(503);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
	}

	private static void assertWorksWithinTwoSeconds(String text) {
		await().atMost(2, TimeUnit.SECONDS)
			.pollInterval(50, TimeUnit.MILLISECONDS)
			.until(() -> one.embed(text).statusCode() == 200 && two.embed(text).statusCode() == 200);
	}

}
