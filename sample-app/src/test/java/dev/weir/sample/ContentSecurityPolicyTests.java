package dev.weir.sample;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the header {@code Content-Security-Policy}. {@code PageTests} show that the
 * page works with it.
 */
@ExtendWith(Cluster.Extension.class)
class ContentSecurityPolicyTests {

	private final Cluster cluster;

	ContentSecurityPolicyTests(Cluster cluster) {
		this.cluster = cluster;
	}

	@ParameterizedTest
	@CsvSource({ "200, /", "200, /app.js" })
	void thePageMayLoadOnlyItsOwnFiles(int status, String path) throws Exception {
		HttpResponse<String> response = send(request(path));
		assertThat(response.statusCode()).isEqualTo(status);
		assertThat(response.headers().allValues("Content-Security-Policy")).singleElement()
			.asString()
			.startsWith("default-src 'none'; ")
			.contains("script-src 'self'; style-src 'self'; ", "frame-ancestors 'none'")
			.doesNotContain("unsafe");
	}

	@ParameterizedTest
	@CsvSource({ "200, /api/live", "401, /none", "401, /api/chat", "401, /actuator/weir",
			// Spring Security rejects this path before it writes headers.
			"400, /app.js;x" })
	void eachOtherAnswerIsOnlyData(int status, String path) throws Exception {
		HttpResponse<String> response = send(request(path));
		assertThat(response.statusCode()).isEqualTo(status);
		assertHasPolicy(response);
	}

	@Test
	void denialHasThePolicy() throws Exception {
		HttpResponse<String> response;
		do {
			response = send(request("/api/chat").header("Content-Type", "application/json")
				.POST(HttpRequest.BodyPublishers.ofString("{\"question\": \"chips\"}")));
		}
		while (response.statusCode() != 429);
		assertHasPolicy(response);
	}

	private static void assertHasPolicy(HttpResponse<?> response) {
		assertThat(response.headers().allValues("Content-Security-Policy"))
			.containsExactly("default-src 'none'; frame-ancestors 'none'");
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.cluster.one().port() + path))
			.header("Accept", "text/html,*/*;q=0.8");
	}

	private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
		return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

}
