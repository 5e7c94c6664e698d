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
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for two instances on one Redis that fails and recovers.
 */
class TwoInstancesTests {

	private static final Duration TWO_SECONDS = Duration.ofSeconds(2);

	private static RedisServer redis;

	private static Instance one;

	private static Instance two;

	@BeforeAll
	static void start() {
		redis = RedisServer.start();
		String url = "spring.data.redis.url=" + redis.uri();
		one = Instance.startAsItIs(url);
		two = Instance.startAsItIs(url);
	}

	@AfterAll
	static void stop() {
		one.close();
		two.close();
		redis.close();
	}

	@Test
	void failsSoonWhileRedisIsFrozenAndRecoversAfterwards() throws Exception {
		timeUntilBothWork("before the freeze");
		assertThat(Durations.best(TWO_SECONDS, () -> {
			redis.pause();
			try {
				assertUnavailableSoon("during the freeze");
				assertUnavailableSoon("before the freeze");
			}
			finally {
				redis.resume();
			}
			return timeUntilBothWork("after the freeze");
		})).isLessThan(TWO_SECONDS);
	}

	@Test
	void failsSoonWhileRedisIsDownAndRecoversAfterTheRestart() throws Exception {
		timeUntilBothWork("before the crash");
		assertThat(Durations.best(TWO_SECONDS, () -> {
			redis.kill();
			for (int i = 0; i < 5; i++) {
				assertUnavailableSoon("during the crash");
			}
			redis.restart();
			return timeUntilBothWork("after the crash");
		})).isLessThan(TWO_SECONDS);
	}

	@Test
	void failsAllRequestsTogetherIfRedisIsFrozenAtTheStartAndRecovers() {
		try (RedisServer frozen = RedisServer.start()) {
			frozen.pause();
			try (Instance instance = Instance.startAsItIs("spring.data.redis.url=" + frozen.uri())) {
				long start = System.nanoTime();
				List<CompletableFuture<HttpResponse<String>>> requests = new ArrayList<>();
				for (int i = 0; i < 60; i++) {
					requests.add(Instance.embedAsync(instance.port(), "text " + i));
				}
				assertThat(requests).allSatisfy((request) -> assertThat(request.join().statusCode()).isEqualTo(503));
				// Each request takes half a second. If the requests waited for each
				// other, all would take 30 s.
				assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6));
				frozen.resume();
				await().atMost(20, TimeUnit.SECONDS)
					.pollInterval(50, TimeUnit.MILLISECONDS)
					.until(() -> instance.embed("text").statusCode() == 200);
			}
			finally {
				frozen.resume();
			}
		}
	}

	private static void assertUnavailableSoon(String text) throws Exception {
		// Three time-outs of Redis can follow each other.
		Duration limit = Duration.ofSeconds(3).plusMillis(500);
		assertThat(Durations.best(limit, () -> {
			long start = System.nanoTime();
			HttpResponse<String> response = one.embed(text);
			Duration time = Duration.ofNanos(System.nanoTime() - start);
			assertThat(response.statusCode()).isEqualTo(503);
			assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
			assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
			return time;
		})).isLessThan(limit);
	}

	private static Duration timeUntilBothWork(String text) {
		long start = System.nanoTime();
		await().pollDelay(Duration.ZERO)
			.pollInterval(50, TimeUnit.MILLISECONDS)
			.atMost(40, TimeUnit.SECONDS)
			.until(() -> one.embed(text).statusCode() == 200 && two.embed(text).statusCode() == 200);
		return Duration.ofNanos(System.nanoTime() - start);
	}

}
