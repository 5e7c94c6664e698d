package dev.weir.sample;

import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.sample.service.chat.ChatTokens;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests how many tokens a question takes from the budgets of its user, and how its end
 * settles them.
 */
@Timeout(120)
class ChatTokensTests {

	private static final long LIMIT = 60_000;

	private static final long MONTH = 2_000_000;

	/** The tokens that a model reads before each answer, at least. */
	private static final long INSTRUCTIONS = 50;

	private static StubProvider provider;

	private static RedisServer redis;

	private static Instance instance;

	@BeforeAll
	static void start() {
		provider = new StubProvider();
		redis = RedisServer.start("--slowlog-log-slower-than", "0", "--slowlog-max-len", "100000");
		instance = start("sample.chat.openai.silence=1s");
	}

	private static Instance start(String property) {
		return Instance.start(provider.properties("spring.data.redis.url=" + redis.uri(), "sample.chat.heartbeat=100ms",
				"sample.demo.live=false", "weir.rate-limit.policies.[chat:user].limit=1000/1m",
				"weir.rate-limit.policies.[chat:stream].limit=1000/1m",
				// During a test no token comes back by itself.
				"weir.rate-limit.policies.[chat:tokens].limit=" + LIMIT + "/365d", property));
	}

	@AfterAll
	static void stop() {
		instance.close();
		provider.close();
		redis.close();
	}

	@BeforeEach
	void fillBuckets() {
		rateLimits().reset(tokens("chat:tokens"));
		rateLimits().reset(tokens("chat:tokens:month"));
	}

	@Test
	void theUsageOfTheModelReplacesTheEstimate() {
		HttpResponse<String> answer = ask("usage 42");
		assertThat(answer.body()).contains("event:end\ndata:{\"tokens\":42}").contains("data:{\"text\":\"a\"}\n");
		awaitUsed(42);
	}

	@Test
	void anAnswerThatIsLongerThanTheEstimateTakesMore() {
		ask("usage 50000");
		awaitUsed(50_000);
	}

	@Test
	void anAnswerWithoutUsageIsCountedByCharacters() {
		long used = Instance.json(ask("no usage").body().replaceAll("(?s).*event:end\ndata:(\\S+).*", "$1"))
			.get("tokens")
			.asLong();
		assertThat(used).isBetween(INSTRUCTIONS, estimate("no usage") - 500);
		awaitUsed(used);
	}

	@ParameterizedTest
	@ValueSource(strings = { "hang", "drop", "status 500" })
	void anAnswerThatFailsBeforeItsFirstPieceGivesTheEstimateBack(String behaviour) {
		assertThat(ask(behaviour).body()).contains("event:failure").doesNotContain("tokens");
		awaitUsed(0);
	}

	@ParameterizedTest
	@ValueSource(strings = { "stall", "end too early", "error in the stream", "garbage" })
	void anAnswerThatFailsIsCountedUpToItsLastPiece(String behaviour) {
		assertThat(ask(behaviour).body()).contains("event:text").contains("event:failure").doesNotContain("tokens");
		awaitUsedBetween(INSTRUCTIONS, estimate(behaviour) - 500);
	}

	@Test
	void theUsageCountsAlsoIfTheAnswerFailsAfterwards() {
		assertThat(ask("tail 77").body()).contains("event:failure");
		awaitUsed(77);
	}

	@Test
	void aClientThatLeavesPaysForTheAnswerUpToThen() throws Exception {
		HttpURLConnection client = open("endless");
		provider.closed().drainPermits();
		// Until the first piece.
		StringBuilder read = new StringBuilder();
		while (read.indexOf("event:text") < 0) {
			read.append((char) client.getInputStream().read());
		}
		assertUsed(estimate("endless"));
		client.disconnect();
		awaitUsedBetween(INSTRUCTIONS, estimate("endless") - 1);
		assertThat(provider.closed().tryAcquire(20, TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void aClientThatLeavesBeforeTheFirstPiecePaysTheEstimate() throws Exception {
		try (Instance patient = start("sample.chat.openai.silence=60s")) {
			HttpURLConnection client = open(patient, "hang");
			assertThat(client.getInputStream().read()).isPositive();
			client.disconnect();
			// The end of the answer has another meaning than the estimate that is taken.
			await().atMost(20, TimeUnit.SECONDS)
				.until(() -> patient.get("/actuator/metrics/http.server.requests?tag=uri:/api/chat").contains("COUNT"));
		}
		assertUsed(estimate("hang"));
	}

	@Test
	void anAnswerThatTheShutdownEndsIsCountedUpToThen() {
		Instance stopping = start("sample.chat.shutdown-grace=100ms");
		int before = provider.streams();
		CompletableFuture<HttpResponse<String>> answer = stopping.send("alice", "/api/chat", question("endless"));
		await().atMost(20, TimeUnit.SECONDS).until(() -> provider.streams() > before);
		stopping.close();
		assertThat(answer.join().body()).contains("event:failure");
		awaitUsedBetween(INSTRUCTIONS, estimate("endless") - 1);
	}

	@Test
	void aSearchThatFailsGivesTheEstimateBack() {
		assertThat(instance.send("alice", "/api/chat", "{\"question\": \"status 429\"}").join().statusCode())
			.isEqualTo(503);
		awaitUsed(0);
	}

	@Test
	void anInvalidQuestionIsFree() {
		assertThat(instance.send("alice", "/api/chat", "{\"question\": \" \"}").join().statusCode()).isEqualTo(400);
		assertUsed(0);
	}

	@Test
	void aUserWithoutTokensIsDeniedAndOthersAreNot() {
		rateLimits().tryConsume(tokens("chat:tokens").cost(LIMIT - estimate("one too many") + 1));
		HttpResponse<String> denied = ask("one too many");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.body()).contains("\"violated-policies\":[\"chat:tokens\"]");
		assertThat(rateLimits().peek(tokens("chat:tokens:month")).remaining()).isEqualTo(MONTH);
		assertThat(instance.send("bob", "/api/chat", question("one too many")).join().statusCode()).isEqualTo(200);
	}

	@Test
	void aUserWithoutTokensForThisMonthIsDeniedUntilItsEnd() {
		rateLimits().tryConsume(tokens("chat:tokens:month").cost(MONTH));
		HttpResponse<String> denied = ask("next month");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.body()).contains("\"violated-policies\":[\"chat:tokens:month\"]");
		assertThat(denied.headers().firstValueAsLong("Retry-After").orElse(0)).isBetween(1L, 31L * 24 * 60 * 60);
		assertThat(denied.headers().firstValue("RateLimit").orElse("")).contains("\"chat:tokens:month\";r=0;t=");
	}

	@Test
	void aQuestionCostsOneScriptForItsFourLimitsAndOneForItsEnd() {
		ask("usage 10");
		awaitUsed(10);
		redis.command("SLOWLOG", "RESET");
		ask("usage 10");
		awaitUsed(20);
		assertThat(scripts("chat:")).hasSize(2).last().satisfies((first) -> {
			// Redis lists the newest one first, with the keys after the digest and their
			// number.
			assertThat(first.get(2)).isEqualTo("4");
			assertThat(first.subList(3, 7).toString()).contains("chat:stream%tokens", "chat:user%", "chat:tokens%",
					"chat:tokens:month%");
		});
	}

	private static List<List<String>> scripts(String key) {
		return redis.list("SLOWLOG", "GET", "-1")
			.stream()
			.map((entry) -> ((List<?>) ((List<?>) entry).get(3)).stream().map(Object::toString).toList())
			.filter((command) -> command.get(0).equalsIgnoreCase("EVALSHA") && command.toString().contains(key)
			// The test itself peeks.
					&& !command.contains("peek"))
			.toList();
	}

	private static long estimate(String question) {
		return instance.context().getBean(ChatTokens.class).estimate("Please " + question);
	}

	private static void awaitUsed(long tokens) {
		awaitUsedBetween(tokens, tokens);
	}

	private static void awaitUsedBetween(long least, long most) {
		await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> {
			assertThat(used("chat:tokens", LIMIT)).isBetween(least, most);
			assertThat(used("chat:tokens:month", MONTH)).isEqualTo(used("chat:tokens", LIMIT));
		});
	}

	private static void assertUsed(long tokens) {
		assertThat(used("chat:tokens", LIMIT)).isEqualTo(tokens);
		assertThat(used("chat:tokens:month", MONTH)).isEqualTo(tokens);
	}

	private static long used(String policy, long limit) {
		return limit - rateLimits().peek(tokens(policy)).remaining();
	}

	private static RateLimitSpec tokens(String policy) {
		return RateLimitSpec.of(policy).user("user:alice");
	}

	private static RateLimitOperations rateLimits() {
		return instance.context().getBean(RateLimitOperations.class);
	}

	private static HttpResponse<String> ask(String question) {
		return instance.send("alice", "/api/chat", question(question)).join();
	}

	private static String question(String question) {
		// The word keeps the text from selecting the behaviour of the embedding.
		return JsonMapper.shared().writeValueAsString(Map.of("question", "Please " + question));
	}

	private static HttpURLConnection open(String question) throws Exception {
		return open(instance, question);
	}

	private static HttpURLConnection open(Instance instance, String question) throws Exception {
		HttpURLConnection client = (HttpURLConnection) URI.create("http://127.0.0.1:" + instance.port() + "/api/chat")
			.toURL()
			.openConnection();
		client.setDoOutput(true);
		client.setRequestProperty("Content-Type", "application/json");
		client.setRequestProperty("Authorization",
				"Basic " + Base64.getEncoder().encodeToString("alice:alice".getBytes(StandardCharsets.UTF_8)));
		client.getOutputStream().write(question(question).getBytes(StandardCharsets.UTF_8));
		return client;
	}

}
