package dev.weir.sample;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.sample.demo.Corpus;
import dev.weir.sample.demo.DemoApplication;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * One running instance of the sample, with methods that send requests to it.
 *
 * @param context the context of the application
 * @param port the port of the application
 */
record Instance(ConfigurableApplicationContext context, int port) implements AutoCloseable {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	/**
	 * Options with which an instance waits for Redis longer than a machine stalls. The
	 * time-outs of the sample, 300 ms, are for tests of outages.
	 */
	static final List<String> PATIENCE = List.of("--weir.redis.timeout=20s", "--spring.data.redis.timeout=20s",
			"--spring.data.redis.connect-timeout=20s");

	/** Options for tests that count computed embeddings or stored documents. */
	static final List<String> WITHOUT_CORPUS = List.of("--sample.demo.corpus=false");

	/**
	 * Starts an instance on a free port of 127.0.0.1, with long time-outs for Redis, and
	 * waits until it is connected.
	 * @param properties the properties of the instance
	 * @return the instance
	 */
	static Instance start(String... properties) {
		List<String> arguments = new ArrayList<>(PATIENCE);
		arguments.addAll(WITHOUT_CORPUS);
		return connected(start(arguments, properties));
	}

	/**
	 * Starts an instance with the company notes and with long time-outs for Redis, and
	 * waits until the notes are stored.
	 * @param properties the properties of the instance
	 * @return the instance
	 */
	static Instance startWithCorpus(String... properties) throws InterruptedException {
		Instance instance = connected(start(PATIENCE, properties));
		assertThat(instance.context().getBean(Corpus.class).loaded().await(60, TimeUnit.SECONDS)).isTrue();
		return instance;
	}

	private static Instance connected(Instance instance) {
		await().atMost(40, TimeUnit.SECONDS)
			.until(() -> instance.get("/actuator/health/readiness").equals("{\"status\":\"UP\"}"));
		return instance;
	}

	/**
	 * Starts an instance on a free port of 127.0.0.1 with the time-outs of the sample.
	 * @param properties the properties of the instance
	 * @return the instance
	 */
	static Instance startAsItIs(String... properties) {
		return start(WITHOUT_CORPUS, properties);
	}

	private static Instance start(List<String> before, String... properties) {
		List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--server.address=127.0.0.1",
				"--spring.main.banner-mode=off", "--spring.jmx.enabled=false"));
		arguments.addAll(before);
		for (String property : properties) {
			arguments.add("--" + property);
		}
		ConfigurableApplicationContext context = DemoApplication.run(arguments.toArray(String[]::new));
		return new Instance(context, context.getEnvironment().getRequiredProperty("local.server.port", Integer.class));
	}

	HttpResponse<String> embed(String text) {
		return embedAsync(this.port, text).join();
	}

	static CompletableFuture<HttpResponse<String>> embedAsync(int port, String text) {
		return post(port, JsonMapper.shared().writeValueAsString(Map.of("text", text)));
	}

	static CompletableFuture<HttpResponse<String>> post(int port, String body) {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/embeddings"))
			.header("Content-Type", "application/json")
			.timeout(Duration.ofSeconds(60))
			.POST(HttpRequest.BodyPublishers.ofString(body))
			.build();
		return HTTP.sendAsync(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
	}

	/**
	 * Sends a request with a JSON body.
	 * @param user the user, {@code null} for an anonymous request
	 * @param path the path
	 * @param body the body
	 * @return the answer
	 */
	CompletableFuture<HttpResponse<String>> send(String user, String path, String body) {
		return send(this.port, user, path, body);
	}

	static CompletableFuture<HttpResponse<String>> send(int port, String user, String path, String body) {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
			.header("Content-Type", "application/json")
			.timeout(Duration.ofSeconds(60))
			.POST(HttpRequest.BodyPublishers.ofString(body));
		if (user != null) {
			byte[] credentials = (user + ":" + user).getBytes(StandardCharsets.UTF_8);
			request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(credentials));
		}
		return HTTP.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
	}

	String get(String path) {
		return get(this.port, path);
	}

	static String get(int port, String path) {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
		return HTTP.sendAsync(request, HttpResponse.BodyHandlers.ofString()).join().body();
	}

	/**
	 * Returns the number of embeddings that the model of this instance has computed.
	 * @return the number
	 */
	long computed() {
		JsonNode metric = json(get("/actuator/metrics/sample.embeddings.computed"));
		return metric.get("measurements").get(0).get("value").asLong();
	}

	/**
	 * Returns the number of embeddings that the models of all instances have computed.
	 * @return the number
	 */
	long computedEverywhere() {
		return json(get("/actuator/info")).get("embeddings").get("computed").asLong();
	}

	static JsonNode json(String text) {
		return JsonMapper.shared().readTree(text);
	}

	@Override
	public void close() {
		this.context.close();
	}

}
