package dev.weir.sample;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests the rate limit before the provider of the models, on two instances.
 */
@Timeout(120)
class ProviderLimitTests {

	private static final RateLimitSpec PROVIDER = RateLimitSpec.of("provider").key("127.0.0.1");

	private static final Duration EARLY = Duration.ofMillis(50);

	private static StubProvider provider;

	private static RedisServer redis;

	private static Instance one;

	private static Instance two;

	@BeforeAll
	static void start() {
		provider = new StubProvider();
		redis = RedisServer.start();
		one = start("20/1s", 10);
		two = start("20/1s", 10);
	}

	private static Instance start(String limit, int burst) {
		return Instance
			.start(provider.properties("spring.data.redis.url=" + redis.uri(), "sample.embeddings.failure-ttl=1ms",
					"sample.chat.heartbeat=100ms", "weir.rate-limit.policies.[chat:user].limit=1000/1m",
					"weir.rate-limit.policies.provider.limit=" + limit,
					"weir.rate-limit.policies.provider.burst=" + burst));
	}

	@AfterAll
	static void stop() {
		one.close();
		two.close();
		provider.close();
		redis.close();
	}

	@BeforeEach
	void fillTheBucket() {
		rateLimits().reset(PROVIDER);
	}

	@ParameterizedTest
	@CsvSource({ "false, 2", "true, 1" })
	void afterA429NeitherInstanceCallsTheProviderUntilThen(boolean chat, int seconds) {
		// The chat of the answers below needs no further embedding.
		assertThat(chat(one, "usage 5").body()).contains("event:end");
		if (chat) {
			assertThat(chat(one, "pause " + seconds).body())
				.contains("event:failure\ndata:{\"text\":\"The model gets too many requests. Try again in " + seconds
						+ " s.\"}");
		}
		else {
			HttpResponse<String> busy = one.embed("pause " + seconds);
			assertThat(busy.statusCode()).isEqualTo(503);
			assertThat(busy.headers().firstValue("Retry-After")).hasValue(String.valueOf(seconds));
		}
		int before = provider.arrivals().size();
		long refused = provider.arrivals().get(before - 1);
		List<CompletableFuture<HttpResponse<String>>> embeddings = IntStream.range(0, 30)
			.mapToObj((i) -> Instance.embedAsync(instance(i).port(), chat + " text " + i))
			.toList();
		List<CompletableFuture<HttpResponse<String>>> answers = IntStream.range(0, 10)
			.mapToObj((i) -> instance(i).send("alice", "/api/chat", "{\"question\": \"Please usage 5\"}"))
			.toList();
		assertThat(embeddings).allSatisfy((answer) -> assertThat(answer.join().statusCode()).isEqualTo(200));
		assertThat(answers).allSatisfy((answer) -> assertThat(answer.join().body()).contains("event:end"));
		List<Long> arrivals = List.copyOf(provider.arrivals()).subList(before, provider.arrivals().size());
		assertThat(arrivals).hasSize(40)
			.allSatisfy((arrival) -> assertThat(Duration.ofNanos(arrival - refused))
				.isGreaterThan(Duration.ofSeconds(seconds).minus(EARLY)));
		// After the pause, the burst of 10 and 20 in each second.
		assertThat(Duration.ofNanos(Collections.max(arrivals) - refused))
			.isGreaterThan(Duration.ofSeconds(seconds).plusMillis(1500).minus(EARLY));
	}

	@Test
	void aCallThatWouldWaitTooLongIsDeniedAsIfTheProviderWereBusy() {
		try (Instance instance = start("1/1h", 1)) {
			rateLimits().reset(PROVIDER);
			assertThat(instance.embed("Please usage 6").statusCode()).isEqualTo(200);
			int before = provider.arrivals().size();
			for (HttpResponse<String> denied : List.of(instance.embed("denied"),
					instance.send(null, "/api/search", "{\"query\": \"denied too\"}").join(),
					instance.send(null, "/api/embeddings/batch", "{\"texts\": [\"denied\", \"as well\"]}").join(),
					chat(instance, "new question"))) {
				assertThat(denied.statusCode()).isEqualTo(503);
				assertThat(denied.headers().firstValue("Content-Type")).hasValue("application/problem+json");
				assertThat(denied.headers().firstValueAsLong("Retry-After").orElse(0)).isBetween(3000L, 3600L);
				assertThat(denied.body()).contains("The model 'small' gets no more calls for now");
			}
			assertThat(chat(instance, "usage 6").body()).contains("event:notes")
				.containsPattern(
						"event:failure\ndata:\\{\"text\":\"The model gets too many requests. Try again in 3\\d{3} s.\"}");
			assertThat(provider.arrivals()).hasSize(before);
		}
	}

	@Test
	void callsWaitForTheirTurn() {
		long start = System.nanoTime();
		List<CompletableFuture<HttpResponse<String>>> embeddings = IntStream.range(0, 50)
			.mapToObj((i) -> Instance.embedAsync(instance(i).port(), "turn " + i))
			.toList();
		assertThat(embeddings).allSatisfy((answer) -> assertThat(answer.join().statusCode()).isEqualTo(200));
		// 40 calls after the burst of 10, at 20/s.
		assertThat(Duration.ofNanos(Collections.max(provider.arrivals()) - start))
			.isGreaterThan(Duration.ofSeconds(2).minus(EARLY));
	}

	private static Instance instance(int number) {
		return (number % 2 != 0) ? two : one;
	}

	private static HttpResponse<String> chat(Instance instance, String question) {
		return instance.send("alice", "/api/chat", "{\"question\": \"Please " + question + "\"}").join();
	}

	private static RateLimitOperations rateLimits() {
		return one.context().getBean(RateLimitOperations.class);
	}

}
