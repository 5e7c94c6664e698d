package dev.weir.sample;

import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.weir.embeddedredis.RedisServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.DigestUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests embeddings of a provider that hangs, stalls, drops connections, limits requests,
 * and sends wrong vectors.
 */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class ProviderTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(1);

	private static final int MAX_CALLS = 8;

	private static StubProvider provider;

	private static RedisServer redis;

	private static Instance instance;

	@BeforeAll
	static void start() {
		provider = new StubProvider();
		redis = RedisServer.start();
		instance = Instance.start(provider.properties("spring.data.redis.url=" + redis.uri(),
				"sample.embeddings.max-calls=" + MAX_CALLS, "sample.chat.openai.silence=1s",
				"sample.chat.openai.timeout=3s", "sample.chat.heartbeat=100ms", "sample.embeddings.failure-ttl=1s",
				"sample.embeddings.openai.timeout=" + TIMEOUT.toMillis() + "ms",
				// ProviderLimitTests test the pauses.
				"weir.rate-limit.max-pause=1ms", "weir.rate-limit.policies.[chat:user].limit=60/1m"));
	}

	@AfterAll
	static void stop() {
		instance.close();
		provider.close();
		redis.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "hang", "stall", "drop" })
	void aProviderThatGivesNoAnswerHoldsTheCallerForTheTimeoutOnly(String behaviour) {
		long start = System.nanoTime();
		HttpResponse<String> response = instance.embed(behaviour);
		assertThat(response.statusCode()).isEqualTo(502);
		assertThat(response.body()).contains("The model 'small' gave no usable answer");
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TIMEOUT.multipliedBy(10));
	}

	@Test
	void aProviderThatLimitsRequestsIsUnavailableUntilThen() {
		HttpResponse<String> response = instance.embed("status 429");
		assertThat(response.statusCode()).isEqualTo(503);
		assertThat(response.headers().firstValue("Retry-After")).hasValue("7");
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
	}

	@ParameterizedTest
	@ValueSource(ints = { 400, 401, 500, 503 })
	void anErrorOfTheProviderIsReportedWithoutItsBody(int status, CapturedOutput output) {
		HttpResponse<String> response = instance.embed("status " + status);
		assertThat(response.statusCode()).isEqualTo(502);
		assertThat(response.body()).contains("answered with status " + status).doesNotContain("secret");
		assertThat(output).contains("answered with status " + status).doesNotContain("secret");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "[] | 0 dimensions instead of 3", "[1, 2] | 2 dimensions instead of 3",
					"[1, 2, 3, 4] | 4 dimensions instead of 3", "[0, 0, 0] | without a direction",
					"[1e39, 0, 0] | without a direction", "null | 0 dimensions instead of 3" })
	void aVectorThatCannotBeUsedIsNotCached(String vector, String problem) {
		for (int i = 0; i < 2; i++) {
			HttpResponse<String> response = instance.embed("vector " + vector);
			assertThat(response.statusCode()).isEqualTo(502);
			assertThat(response.body()).contains(problem);
		}
	}

	@Test
	void aVectorHasTheLengthOne() {
		HttpResponse<String> response = instance.embed("vector [0, 30, 40]");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(Instance.json(response.body()).get("embedding").toString()).isEqualTo("[0.0,0.6,0.8]");
	}

	@ParameterizedTest
	@ValueSource(strings = { "no JSON", "nothing" })
	void anAnswerThatIsNoEmbeddingIsAFailure(String behaviour) {
		assertThat(instance.embed(behaviour).statusCode()).isEqualTo(502);
	}

	@ParameterizedTest
	@ValueSource(strings = { "hang", "stall", "endless", "drop", "error in the stream", "garbage", "end too early",
			"status 500" })
	void anAnswerThatIsNotFinishedEndsWithAFailure(String behaviour) {
		long start = System.nanoTime();
		HttpResponse<String> response = instance
			.send(null, "/api/chat", JsonMapper.shared().writeValueAsString(Map.of("question", "Please " + behaviour)))
			.join();
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).contains("event:failure").doesNotContain("event:end").doesNotContain("secret");
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
	}

	@Test
	void anAnswerEndsAtTheProviderWhenItTakesTooLong() throws Exception {
		provider.closed().drainPermits();
		assertThat(instance.send("bob", "/api/chat", "{\"question\": \"Please endless\"}").join().body())
			.contains("event:failure");
		assertThat(provider.closed().tryAcquire(20, TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void anAnswerEndsAtTheProviderWhenTheClientGoesAway() throws Exception {
		provider.closed().drainPermits();
		HttpURLConnection client = (HttpURLConnection) URI.create("http://127.0.0.1:" + instance.port() + "/api/chat")
			.toURL()
			.openConnection();
		client.setDoOutput(true);
		client.setRequestProperty("Content-Type", "application/json");
		client.getOutputStream().write("{\"question\": \"Please endless\"}".getBytes(StandardCharsets.UTF_8));
		assertThat(client.getInputStream().read()).isPositive();
		client.disconnect();
		assertThat(provider.closed().tryAcquire(20, TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void callersThatWaitShareTheFailureOfOneCall() {
		int before = provider.calls().size();
		List<CompletableFuture<HttpResponse<String>>> callers = Stream
			.generate(() -> Instance.embedAsync(instance.port(), "status 504"))
			.limit(20)
			.toList();
		assertThat(callers).allSatisfy((caller) -> {
			assertThat(caller.join().statusCode()).isEqualTo(502);
			assertThat(caller.join().body()).contains("answered with status 504");
		});
		assertThat(provider.calls().size() - before).isEqualTo(1);
		// The failure is not kept for long.
		Awaitility.await().atMost(20, TimeUnit.SECONDS).until(() -> {
			instance.embed("status 504");
			return provider.calls().size() - before > 1;
		});
	}

	@Test
	void callersThatWaitGetTheRetryAfterOfTheProvider() {
		List<CompletableFuture<HttpResponse<String>>> callers = Stream
			.generate(() -> instance.send(null, "/api/embeddings/batch", "{\"texts\": [\"status 429\"]}"))
			.limit(3)
			.toList();
		assertThat(callers).allSatisfy((caller) -> {
			assertThat(caller.join().statusCode()).isEqualTo(503);
			assertThat(caller.join().headers().firstValue("Retry-After")).hasValue("7");
		});
	}

	@Test
	void aBatchIsComputedWithFewCallsAndEachTextOnce() {
		int before = provider.calls().size();
		List<String> texts = IntStream.range(0, 150).mapToObj((i) -> "batch text " + i).toList();
		List<String> others = IntStream.range(50, 200).mapToObj((i) -> "batch text " + i).toList();
		List<CompletableFuture<HttpResponse<String>>> batches = List.of(batch(texts), batch(others), batch(texts));
		assertThat(batches).allSatisfy((batch) -> assertThat(batch.join().statusCode()).isEqualTo(200));
		for (int i = 0; i < 200; i++) {
			assertThat(provider.embedded()).containsEntry("batch text " + i, 1);
		}
		assertThat(provider.calls().size() - before).isBetween(2, 5);
		JsonNode embeddings = Instance.json(batches.get(1).join().body()).get("embeddings");
		assertThat(embeddings).hasSize(150);
		assertThat(embeddings.get(7).get("embedding"))
			.isEqualTo(Instance.json(instance.embed("batch text 57").body()).get("embedding"));
	}

	@Test
	void textsThatAreTwiceInABatchAreSentOnce() {
		JsonNode embeddings = Instance.json(batch(List.of("twin", "other", "twin")).join().body()).get("embeddings");
		assertThat(embeddings).hasSize(3);
		assertThat(embeddings.get(0)).isEqualTo(embeddings.get(2));
		assertThat(provider.embedded()).containsEntry("twin", 1);
	}

	@Test
	void oneBadTextHarmsNoOtherText() {
		HttpResponse<String> failed = batch(List.of("good with a bad vector", "vector [7]")).join();
		assertThat(failed.body()).contains("1 dimensions instead of 3");
		assertThat(instance.embed("good with a bad vector").body()).contains("\"cached\":true");
		assertThat(batch(List.of("good with a bad status", "status 400")).join().statusCode()).isEqualTo(502);
		assertThat(instance.embed("good with a bad status").statusCode()).isEqualTo(200);
	}

	@Test
	void aProviderThatHangsLeavesThreadsForOtherRequests() {
		List<CompletableFuture<HttpResponse<String>>> callers = IntStream.range(0, 40)
			.mapToObj((i) -> Instance.embedAsync(instance.port(), "hang " + i))
			.toList();
		List<Integer> statuses = callers.stream().map((caller) -> caller.join().statusCode()).toList();
		assertThat(statuses).containsOnly(502, 503);
		assertThat(statuses.stream().filter((status) -> status == 502)).hasSizeLessThanOrEqualTo(MAX_CALLS * 3);
	}

	@Test
	void valuesInTheCacheThatAreNoVectorOfTheModelCountAsMissing() {
		for (String value : List.of("abc", "x".repeat(8))) {
			String text = "cached " + value.length();
			redis.command("SET", "embedding_cache:" + md5(text + ":small"), value);
			redis.command("SET", "embedding_failure:" + md5(text + ":small"), "no JSON");
			List<CompletableFuture<HttpResponse<String>>> callers = Stream
				.generate(() -> Instance.embedAsync(instance.port(), text))
				.limit(10)
				.toList();
			assertThat(callers).allSatisfy((caller) -> assertThat(caller.join().statusCode()).isEqualTo(200));
			assertThat(instance.embed(text).body()).contains("\"cached\":true");
		}
		assertThat(provider.embedded()).containsEntry("cached 3", 1).containsEntry("cached 8", 1);
	}

	@Test
	void aVectorOfAnotherLengthInTheCacheCountsAsMissing() {
		redis.command("SET", "embedding_cache:" + md5("length:small"), "x".repeat(12));
		assertThat(instance.embed("length").body()).contains("\"cached\":false");
		assertThat(instance.embed("length").body()).contains("\"cached\":true");
	}

	private static String md5(String text) {
		return DigestUtils.md5DigestAsHex(text.getBytes(StandardCharsets.UTF_8));
	}

	private static CompletableFuture<HttpResponse<String>> batch(List<String> texts) {
		return instance.send(null, "/api/embeddings/batch",
				JsonMapper.shared().writeValueAsString(Map.of("texts", texts)));
	}

}
