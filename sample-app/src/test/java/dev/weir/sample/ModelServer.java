package dev.weir.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import tools.jackson.databind.JsonNode;

/**
 * A provider of embeddings and answers on a free port of 127.0.0.1, with the protocol of
 * OpenAI. Its vectors have three dimensions and depend on the text. The text
 * {@code "busy"} gets status 429.
 *
 * @param server the server
 */
record ModelServer(HttpServer server) implements AutoCloseable {

	static ModelServer start() throws IOException {
		HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		server.setExecutor(Executors.newCachedThreadPool());
		server.createContext("/v1/embeddings", ModelServer::embed);
		server.createContext("/v1/chat/completions", ModelServer::chat);
		server.start();
		return new ModelServer(server);
	}

	String url() {
		return "http://127.0.0.1:" + this.server.getAddress().getPort() + "/v1";
	}

	private static void embed(HttpExchange exchange) throws IOException {
		List<String> vectors = new ArrayList<>();
		String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		for (JsonNode input : Instance.json(text).get("input")) {
			int hash = input.asString().hashCode();
			vectors.add("{\"embedding\": [1, " + hash % 1000 + ", " + hash / 1000 % 1000 + "]}");
		}
		if (text.contains("\"busy\"")) {
			exchange.getResponseHeaders().add("Retry-After", "1");
			send(exchange, 429, "application/json", "{}");
			return;
		}
		send(exchange, 200, "application/json", "{\"data\": " + vectors + "}");
	}

	private static void chat(HttpExchange exchange) throws IOException {
		send(exchange, 200, "text/event-stream",
				"data: {\"choices\": [{\"delta\": {\"content\": \"An answer.\"}}]}\n\ndata: [DONE]\n\n");
	}

	private static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
		byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().add("Content-Type", type);
		exchange.sendResponseHeaders(status, bytes.length);
		exchange.getResponseBody().write(bytes);
		exchange.close();
	}

	@Override
	public void close() {
		this.server.stop(0);
		((ExecutorService) this.server.getExecutor()).shutdown();
	}

}
