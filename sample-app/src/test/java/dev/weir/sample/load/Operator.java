package dev.weir.sample.load;

import java.io.IOException;
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

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An operator, who looks at one instance before and after a load.
 *
 * @param http the client
 * @param instance the instance
 */
record Operator(HttpClient http, URI instance) {

	/** A release that failed during an outage is repeated soon afterwards. */
	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private static final Duration PAUSE = Duration.ofMillis(200);

	static String credentials(String user) {
		byte[] credentials = (user + ":" + user).getBytes(StandardCharsets.UTF_8);
		return "Basic " + Base64.getEncoder().encodeToString(credentials);
	}

	/**
	 * Returns the number of embeddings that the models of all instances have computed.
	 */
	long computed() throws IOException, InterruptedException {
		return read(request("/actuator/info")).get("embeddings").get("computed").asLong();
	}

	/**
	 * Returns the leases that are left although no request is running. A leader keeps its
	 * lease for as long as its instance runs.
	 * @return the leases, empty if all are free soon
	 */
	List<String> leasesThatStay() throws IOException, InterruptedException {
		long start = System.nanoTime();
		List<String> leases;
		do {
			leases = leases();
			if (leases.isEmpty()) {
				return leases;
			}
			Thread.sleep(PAUSE.toMillis());
		}
		while (System.nanoTime() - start < PATIENCE.toNanos());
		return leases;
	}

	private List<String> leases() throws IOException, InterruptedException {
		HttpResponse<String> response = send(request("/actuator/weir/leases?count=1000"));
		if (response.statusCode() != 200) {
			return List.of("The list of leases was answered with status " + response.statusCode());
		}
		List<String> leases = new ArrayList<>();
		for (JsonNode lease : JsonMapper.shared().readTree(response.body()).get("leases")) {
			if (!lease.get("key").asString().startsWith("leader:")) {
				leases.add("The " + lease.get("kind").asString() + " " + lease.get("key").asString() + " is left");
			}
		}
		return leases;
	}

	/**
	 * Switches the rate limit of searches of this instance off or on again.
	 */
	void limitSearches(boolean enabled) throws IOException, InterruptedException {
		read(post("/actuator/weir/policies", Map.of("kind", "rate-limit", "name", "search:vector", "enabled",
				enabled ? "" : "false", "scope", "instance")));
	}

	/**
	 * Returns the number of documents of a company.
	 * @param text any text
	 * @param ticker the company
	 */
	int count(String text, String ticker) throws IOException, InterruptedException {
		return read(post("/api/search", Map.of("query", text, "top_k", 50, "filter", Map.of("ticker", ticker))))
			.get("hits")
			.size();
	}

	private HttpRequest.Builder post(String path, Object body) {
		return request(path).header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(Answer.json(body)));
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(this.instance.resolve(path)).timeout(Duration.ofSeconds(60));
	}

	private JsonNode read(HttpRequest.Builder request) throws IOException, InterruptedException {
		HttpResponse<String> response = send(request);
		if (response.statusCode() != 200) {
			throw new IOException(
					response.uri() + " was answered with status " + response.statusCode() + ": " + response.body());
		}
		return JsonMapper.shared().readTree(response.body());
	}

	private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
		return this.http.send(request.header("Authorization", credentials("operator")).build(),
				HttpResponse.BodyHandlers.ofString());
	}

}
