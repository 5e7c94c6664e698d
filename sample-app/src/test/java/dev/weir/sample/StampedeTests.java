package dev.weir.sample;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two instances on one Redis that are asked for the same at the same time.
 */
class StampedeTests {

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
			CompletableFuture.allOf(requests.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
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

}
