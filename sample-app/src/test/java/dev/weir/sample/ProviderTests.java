package dev.weir.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
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

	private static HttpServer server;

	private static Instance instance;

	@BeforeAll
	static void start() throws Exception {
		server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		server.setExecutor(Executors.newCachedThreadPool());
		server.createContext("/v1/embeddings", ProviderTests::answer);
		server.start();
		instance = Instance.start("sample.embeddings.provider=openai",
				"sample.embeddings.openai.base-url=http://127.0.0.1:" + server.getAddress().getPort() + "/v1",
				"sample.embeddings.openai.model=small", "sample.embeddings.openai.dimensions=3",
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
	@ValueSource(strings = { "garbage", "nothing" })
	void anAnswerThatIsNoEmbeddingIsAFailure(String behaviour) {
		assertThat(instance.embed(behaviour).statusCode()).isEqualTo(502);
	}

	private static void answer(HttpExchange exchange) throws IOException {
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		String input = Instance.json(body).get("input").asString();
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
			send(exchange, 200, input.equals("nothing") ? "{}" : "<html>");
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
