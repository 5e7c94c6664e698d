package dev.weir.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for embeddings and answers of a server that supports the protocol of OpenAI, and
 * for limits that properties and operators have changed.
 */
class OpenAiTests {

	private static final List<String> requests = new CopyOnWriteArrayList<>();

	private static HttpServer server;

	private static Instance instance;

	@BeforeAll
	static void start() throws Exception {
		server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		server.createContext("/v1/chat/completions", OpenAiTests::answer);
		server.createContext("/v1/embeddings", OpenAiTests::embed);
		server.start();
		String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
		instance = Instance.start("sample.chat.provider=openai", "sample.chat.openai.base-url=" + url,
				"sample.chat.openai.api-key=test-key", "sample.chat.openai.model=tiny", "sample.chat.min-score=-1",
				"sample.embeddings.provider=openai", "sample.embeddings.openai.base-url=" + url,
				"sample.embeddings.openai.api-key=test-key", "sample.embeddings.openai.model=small",
				"sample.embeddings.openai.dimensions=3", "sample.embeddings.failure-ttl=1ms",
				"weir.rate-limit.policies.[search:vector].limit=2/1h",
				"weir.semaphore.policies.embedding_batch.limit=7", "weir.changes.secret=a secret of the tests");
		instance.send("alice", "/api/documents", """
				{"batch_id": "a", "documents": [{"id": "a", "ticker": "BELL", "company": "Bell Works",
				"sector": "Bells", "title": "Bells", "text": "Bell Works casts bells for churches."}]}""").join();
	}

	@AfterAll
	static void stop() {
		instance.close();
		server.stop(0);
	}

	@Test
	void requestsTheEmbeddingOfATextOnlyOnce() {
		JsonNode answer = Instance.json(instance.embed("hello").body());
		assertThat(answer.get("model").asString()).isEqualTo("small");
		assertThat(answer.get("embedding").toString()).isEqualTo("[0.4364358,-0.8728716,0.2182179]");
		assertThat(Instance.json(instance.embed("hello").body()).get("cached").asBoolean()).isTrue();
		assertThat(requests.stream().filter((request) -> request.contains("\"hello\""))).singleElement()
			.asString()
			.startsWith("Bearer test-key")
			.contains("\"small\"");
	}

	@Test
	void returnsBadGatewayIfAnEmbeddingFailsAndTriesAgainNextTime() {
		for (int i = 1; i <= 2; i++) {
			HttpResponse<String> response = instance.embed("Please fail");
			assertThat(response.statusCode()).isEqualTo(502);
			assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
			assertThat(response.body()).contains("The model 'small' answered with status 500").doesNotContain("secret");
			assertThat(requests.stream().filter((request) -> request.contains("\"Please fail\""))).hasSize(i);
		}
	}

	@Test
	void sendsTheNotesToTheModelAndStreamsItsAnswer() {
		HttpResponse<String> response = chat("What does Bell Works make?");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).contains("Written by the model tiny")
			.containsSubsequence("{\"text\":\"Bells\"}", "{\"text\":\" for churches [BELL].\"}", "event:end");
		assertThat(requests).last()
			.asString()
			.startsWith("Bearer test-key")
			.contains("[BELL] Bell Works casts bells for churches.", "Question: What does Bell Works make?",
					"\"stream\"");
	}

	@Test
	void reportsAFailureOfTheModelInTheStream() {
		HttpResponse<String> response = chat("Please fail to chat");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).contains("event:failure\ndata:{\"text\":\"The answer could not be finished.\"}")
			.doesNotContain("secret")
			.doesNotContain("event:end");
	}

	@Test
	void propertiesChangeLimits() {
		List<Integer> statuses = IntStream.range(0, 3)
			.mapToObj((i) -> instance.send(null, "/api/search", "{\"query\": \"bells\"}").join().statusCode())
			.toList();
		assertThat(statuses).containsExactly(200, 200, 429);
		awaitLive("\"name\":\"embedding_batch\",\"held\":0,\"limit\":7");
	}

	@Test
	void onlyOperatorsSeeAndChangePolicies() {
		String change = "{\"kind\": \"semaphore\", \"name\": \"vector_upsert\", \"limit\": \"5\", \"scope\": \"all\"}";
		for (String user : Arrays.asList(null, "alice")) {
			assertThat(instance.send(user, "/actuator/weir/policies", change).join().statusCode()).isIn(401, 403);
		}
		HttpResponse<String> changed = instance.send("operator", "/actuator/weir/policies", change).join();
		assertThat(changed.body()).contains("\"instances\":1").contains("\"limit\":{\"value\":5,");
		awaitLive("\"name\":\"vector_upsert\",\"held\":0,\"limit\":5");
	}

	private static void awaitLive(String text) {
		// The report on held permits can be a second old.
		await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> assertThat(live()).contains(text));
	}

	private static String live() {
		return instance.get("/api/live");
	}

	private static HttpResponse<String> chat(String question) {
		return instance.send(null, "/api/chat", JsonMapper.shared().writeValueAsString(Map.of("question", question)))
			.join();
	}

	private static void embed(HttpExchange exchange) throws IOException {
		if (!fails(exchange, "\"Please fail\"")) {
			byte[] answer = """
					{"object": "list", "model": "small", "usage": {"prompt_tokens": 1, "total_tokens": 1},
					"data": [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5, 0.125]}]}"""
				.getBytes(StandardCharsets.UTF_8);
			exchange.getResponseHeaders().add("Content-Type", "application/json");
			exchange.sendResponseHeaders(200, answer.length);
			exchange.getResponseBody().write(answer);
			exchange.close();
		}
	}

	private static void answer(HttpExchange exchange) throws IOException {
		if (fails(exchange, "Please fail")) {
			return;
		}
		exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
		exchange.sendResponseHeaders(200, 0);
		try (OutputStream out = exchange.getResponseBody()) {
			out.write(List.of("Bells", " for churches [BELL].")
				.stream()
				.map((text) -> "data: " + JsonMapper.shared()
					.writeValueAsString(Map.of("id", "1", "object", "chat.completion.chunk", "created", 1, "model",
							"tiny", "choices", List.of(Map.of("index", 0, "delta", Map.of("content", text)))))
						+ "\n\n")
				.collect(Collectors.joining("", "", "data: [DONE]\n\n"))
				.getBytes(StandardCharsets.UTF_8));
		}
	}

	/**
	 * Records a request, and lets it fail if it contains the mark.
	 */
	private static boolean fails(HttpExchange exchange, String mark) throws IOException {
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		requests.add(exchange.getRequestHeaders().getFirst("Authorization") + " " + body);
		if (!body.contains(mark)) {
			return false;
		}
		byte[] error = "{\"error\": {\"message\": \"out of secret memory\"}}".getBytes(StandardCharsets.UTF_8);
		exchange.sendResponseHeaders(500, error.length);
		exchange.getResponseBody().write(error);
		exchange.close();
		return true;
	}

}
