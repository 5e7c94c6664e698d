package dev.weir.sample;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Embeddings of a server that speaks the protocol of OpenAI.
 */
class OpenAiEmbedderTests {

	@Test
	void theServerIsAskedOnceForEachText() throws Exception {
		List<String> requests = new CopyOnWriteArrayList<>();
		HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		server.createContext("/v1/embeddings", (exchange) -> {
			requests.add(exchange.getRequestHeaders().getFirst("Authorization") + " "
					+ new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
			byte[] answer = """
					{"object": "list", "model": "tiny", "usage": {"prompt_tokens": 1, "total_tokens": 1},
					"data": [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5, 0.125]}]}"""
				.getBytes(StandardCharsets.UTF_8);
			exchange.getResponseHeaders().add("Content-Type", "application/json");
			exchange.sendResponseHeaders(200, answer.length);
			exchange.getResponseBody().write(answer);
			exchange.close();
		});
		server.start();
		try (Instance instance = Instance.start("sample.embeddings.provider=openai",
				"sample.embeddings.openai.base-url=http://127.0.0.1:" + server.getAddress().getPort() + "/v1",
				"sample.embeddings.openai.api-key=test-key", "sample.embeddings.openai.model=tiny")) {
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
		finally {
			server.stop(0);
		}
	}

}
