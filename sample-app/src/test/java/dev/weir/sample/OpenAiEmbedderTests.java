package dev.weir.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Embeddings of a server that speaks the protocol of OpenAI.
 */
class OpenAiEmbedderTests {

	private HttpServer server;

	@AfterEach
	void stop() {
		this.server.stop(0);
	}

	@Test
	void theServerIsAskedOnceForEachText() throws Exception {
		List<String> requests = new CopyOnWriteArrayList<>();
		try (Instance instance = start((exchange) -> {
			requests.add(exchange.getRequestHeaders().getFirst("Authorization") + " "
					+ new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
			answer(exchange, 200, """
					{"object": "list", "model": "tiny", "usage": {"prompt_tokens": 1, "total_tokens": 1},
					"data": [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5, 0.125]}]}""");
		})) {
			JsonNode answer = Instance.json(instance.embed("hello").body());
			assertThat(answer.get("model").asString()).isEqualTo("tiny");
			assertThat(answer.get("embedding").toString()).isEqualTo("[0.25,-0.5,0.125]");
			HttpResponse<String> again = instance.embed("hello");
			assertThat(Instance.json(again.body()).get("cached").asBoolean()).isTrue();
			assertThat(requests).singleElement()
				.asString()
				.startsWith("Bearer test-key")
				.contains("\"hello\"")
				.contains("\"tiny\"");
		}
	}

	@Test
	void aServerThatFailsIsABadGatewayAndTheNextRequestTriesAgain() throws Exception {
		AtomicInteger requests = new AtomicInteger();
		try (Instance instance = start((exchange) -> {
			requests.incrementAndGet();
			answer(exchange, 500, "{\"error\": {\"message\": \"out of secret memory\"}}");
		})) {
			for (int i = 1; i <= 2; i++) {
				HttpResponse<String> response = instance.embed("hello");
				assertThat(response.statusCode()).isEqualTo(502);
				assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
				assertThat(response.body()).contains("The model 'tiny' gave no answer").doesNotContain("secret");
				assertThat(requests).hasValue(i);
			}
		}
	}

	private Instance start(HttpHandler handler) throws Exception {
		this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.server.createContext("/v1/embeddings", handler);
		this.server.start();
		return Instance.start("sample.embeddings.provider=openai",
				"sample.embeddings.openai.base-url=http://127.0.0.1:" + this.server.getAddress().getPort() + "/v1",
				"sample.embeddings.openai.api-key=test-key", "sample.embeddings.openai.model=tiny");
	}

	private static void answer(HttpExchange exchange, int status, String json) throws IOException {
		byte[] body = json.getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().add("Content-Type", "application/json");
		exchange.sendResponseHeaders(status, body.length);
		exchange.getResponseBody().write(body);
		exchange.close();
	}

}
