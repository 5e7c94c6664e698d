package dev.weir.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests embeddings of a provider that hangs, stalls, drops connections, limits requests,
 * and sends wrong vectors.
 */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class ProviderTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(1);

	private static final CountDownLatch END = new CountDownLatch(1);

	/** Counts the answers that could not be written to the end. */
	private static final Semaphore closed = new Semaphore(0);

	private static HttpServer server;

	private static Instance instance;

	@BeforeAll
	static void start() throws Exception {
		server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		server.setExecutor(Executors.newCachedThreadPool());
		server.createContext("/v1/embeddings", ProviderTests::answer);
		server.createContext("/v1/chat/completions", ProviderTests::chat);
		server.start();
		String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
		instance = Instance.start("sample.chat.provider=openai", "sample.chat.openai.base-url=" + url,
				"sample.chat.openai.model=tiny", "sample.chat.openai.silence=1s", "sample.chat.openai.timeout=3s",
				"sample.chat.heartbeat=100ms", "sample.embeddings.provider=openai",
				"sample.embeddings.openai.base-url=" + url, "sample.embeddings.openai.model=small",
				"sample.embeddings.openai.dimensions=3", "sample.embeddings.failure-ttl=1ms",
				"sample.embeddings.openai.timeout=" + TIMEOUT.toMillis() + "ms");
	}

	@AfterAll
	static void stop() {
		END.countDown();
		instance.close();
		server.stop(0);
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
	void anAnswerEndsAtTheProviderWhenTheClientGoesAway() throws Exception {
		closed.drainPermits();
		HttpURLConnection client = (HttpURLConnection) URI.create("http://127.0.0.1:" + instance.port() + "/api/chat")
			.toURL()
			.openConnection();
		client.setDoOutput(true);
		client.setRequestProperty("Content-Type", "application/json");
		client.getOutputStream().write("{\"question\": \"Please endless\"}".getBytes(StandardCharsets.UTF_8));
		assertThat(client.getInputStream().read()).isPositive();
		client.disconnect();
		assertThat(closed.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
	}

	private static void chat(HttpExchange exchange) throws IOException {
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		String question = Instance.json(body).get("messages").get(1).get("content").asString();
		String behaviour = question.substring(question.indexOf("Question: Please ") + 17);
		if (behaviour.equals("hang")) {
			await();
			exchange.close();
			return;
		}
		if (behaviour.equals("drop")) {
			exchange.close();
			return;
		}
		if (behaviour.startsWith("status ")) {
			send(exchange, 500, "{\"error\": \"a secret of the provider\"}");
			return;
		}
		exchange.sendResponseHeaders(200, 0);
		try (OutputStream out = exchange.getResponseBody()) {
			piece(out, "{\"choices\": [{\"delta\": {\"content\": \"a\"}}]}");
			switch (behaviour) {
				case "stall" -> await();
				case "error in the stream" -> piece(out, "{\"error\": {\"message\": \"a secret\"}}");
				case "garbage" -> piece(out, "<html>");
				case "endless" -> {
					while (END.getCount() > 0) {
						piece(out, "{\"choices\": [{\"delta\": {\"content\": \"b\"}}]}");
						END.await(20, TimeUnit.MILLISECONDS);
					}
				}
				default -> {
				}
			}
		}
		catch (IOException ex) {
			closed.release();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static void piece(OutputStream out, String data) throws IOException {
		out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
		out.flush();
	}

	private static void answer(HttpExchange exchange) throws IOException {
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		String input = Instance.json(body).get("input").get(0).asString();
		if (input.equals("drop")) {
			exchange.close();
		}
		else if (input.equals("hang")) {
			await();
			exchange.close();
		}
		else if (input.equals("stall")) {
			exchange.sendResponseHeaders(200, 1000);
			try (OutputStream out = exchange.getResponseBody()) {
				out.write("{\"data\": [".getBytes(StandardCharsets.UTF_8));
				out.flush();
				await();
			}
			catch (IOException ex) {
				exchange.close();
			}
		}
		else if (input.startsWith("status ")) {
			exchange.getResponseHeaders().add("Retry-After", "7");
			send(exchange, Integer.parseInt(input.substring(7)), "{\"error\": \"a secret of the provider\"}");
		}
		else if (input.startsWith("vector ")) {
			send(exchange, 200, "{\"data\": [{\"embedding\": " + input.substring(7) + "}]}");
		}
		else {
			send(exchange, 200, switch (input) {
				case "nothing" -> "{}";
				case "no JSON" -> "<html>";
				default -> "{\"data\": [{\"embedding\": [1, 0, 0]}]}";
			});
		}
	}

	private static void await() {
		try {
			END.await(40, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static void send(HttpExchange exchange, int status, String body) throws IOException {
		byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().add("Content-Type", "application/json");
		exchange.sendResponseHeaders(status, bytes.length);
		exchange.getResponseBody().write(bytes);
		exchange.close();
	}

}
