package dev.weir.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Answers of a server that speaks the protocol of OpenAI, and limits that properties have
 * changed.
 */
class OpenAiAnswererTests {

	private static final List<String> requests = new CopyOnWriteArrayList<>();

	private static HttpServer server;

	private static Instance instance;

	@BeforeAll
	static void start() throws Exception {
		server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		server.createContext("/v1/chat/completions", OpenAiAnswererTests::answer);
		server.start();
		instance = Instance.start("sample.chat.provider=openai",
				"sample.chat.openai.base-url=http://127.0.0.1:" + server.getAddress().getPort() + "/v1",
				"sample.chat.openai.api-key=test-key", "sample.chat.openai.model=tiny", "sample.chat.min-score=-1",
				"weir.rate-limit.policies.[search:vector].limit=2/1h",
				"weir.semaphore.policies.embedding_batch.limit=7");
		instance.send(null, "/api/documents", """
				{"batch_id": "a", "documents": [{"id": "a", "ticker": "BELL", "company": "Bell Works",
				"sector": "Bells", "title": "Bells", "text": "Bell Works casts bells for churches."}]}""").join();
	}

	@AfterAll
	static void stop() {
		instance.close();
		server.stop(0);
	}

	@Test
	void theModelIsGivenTheNotesAndItsAnswerIsStreamed() {
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
	void aModelThatFailsIsSaidInTheStream() {
		HttpResponse<String> response = chat("Please fail");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).contains("event:failure\ndata:{\"text\":\"The answer could not be finished.\"}")
			.doesNotContain("secret")
			.doesNotContain("event:end");
	}

	@Test
	void limitsAreTunedByProperties() throws Exception {
		List<Integer> statuses = IntStream.range(0, 3)
			.mapToObj((i) -> instance.send(null, "/api/search", "{\"query\": \"bells\"}").join().statusCode())
			.toList();
		assertThat(statuses).containsExactly(200, 200, 429);
		assertThat(Instance.get(instance.port(), "/api/live"))
			.contains("\"name\":\"embedding_batch\",\"held\":0,\"limit\":7");
	}

	private static HttpResponse<String> chat(String question) {
		return instance.send(null, "/api/chat", JsonMapper.shared().writeValueAsString(Map.of("question", question)))
			.join();
	}

	private static void answer(HttpExchange exchange) throws IOException {
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		requests.add(exchange.getRequestHeaders().getFirst("Authorization") + " " + body);
		if (body.contains("Please fail")) {
			byte[] error = "{\"error\": {\"message\": \"out of secret memory\"}}".getBytes(StandardCharsets.UTF_8);
			exchange.sendResponseHeaders(500, error.length);
			exchange.getResponseBody().write(error);
			exchange.close();
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

}
