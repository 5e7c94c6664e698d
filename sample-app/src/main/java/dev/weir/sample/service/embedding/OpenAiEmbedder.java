package dev.weir.sample.service.embedding;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;

import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.web.RetryAfter;
import org.jspecify.annotations.Nullable;

import org.springframework.core.NestedExceptionUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;
import org.springframework.web.client.RestClientResponseException;

/**
 * Computes embeddings with a model on a server that supports the protocol of OpenAI. The
 * time-out covers the whole answer: a server that stalls in the middle must not hold the
 * caller longer than its lock. A call first waits for the rate limit of the provider.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/embeddings/create">OpenAI:
 * create embeddings</a>
 */
class OpenAiEmbedder implements Embedder {

	private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

	private final String name;

	private final int dimensions;

	private final int maxTexts;

	private final RestClient server;

	OpenAiEmbedder(EmbeddingProperties.OpenAi properties, ClientHttpRequestInterceptor limit) {
		this.name = properties.model();
		this.dimensions = properties.dimensions();
		this.maxTexts = properties.maxTexts();
		// By default, the JDK's client offers an upgrade to HTTP/2. Some model servers
		// fail then.
		JdkClientHttpRequestFactory http = new JdkClientHttpRequestFactory(
				HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIMEOUT).build());
		http.setReadTimeout(properties.timeout());
		this.server = RestClient.builder()
			.requestFactory(http)
			.requestInterceptor(limit)
			.baseUrl(properties.baseUrl().toString())
			.defaultHeaders((headers) -> headers.setBearerAuth(properties.apiKey()))
			.build();
	}

	@Override
	public String model() {
		return this.name;
	}

	@Override
	public int dimensions() {
		return this.dimensions;
	}

	@Override
	public int maxTexts() {
		return this.maxTexts;
	}

	@Override
	public List<float[]> embed(List<String> texts) {
		// No retries, because the caller holds locks: they could take longer than the
		// locks may be held.
		Answer answer = request(texts);
		if (answer == null || answer.data() == null) {
			throw new EmbedderException(this.name, "sent no embedding");
		}
		// Servers may send the vectors in any order, then with the position of the text.
		float[][] vectors = new float[texts.size()][0];
		int next = 0;
		for (Item item : answer.data()) {
			int index = (item.index() != null) ? item.index() : next;
			next++;
			if (index >= 0 && index < vectors.length && item.embedding() != null) {
				vectors[index] = item.embedding();
			}
		}
		return List.of(vectors);
	}

	private @Nullable Answer request(List<String> texts) {
		try {
			return this.server.post()
				.uri("/embeddings")
				.body(new Question(this.name, texts))
				.retrieve()
				.body(Answer.class);
		}
		catch (RateLimitExceededException ex) {
			throw new EmbedderBusyException(this.name, "gets no more calls for now",
					String.valueOf(RetryAfter.seconds(ex.getRetryAfter())));
		}
		catch (RestClientResponseException ex) {
			// The exception contains the body of the answer, which may repeat the text.
			String problem = "answered with status " + ex.getStatusCode().value();
			if (ex.getStatusCode() == HttpStatus.TOO_MANY_REQUESTS) {
				throw new EmbedderBusyException(this.name, problem, retryAfter(ex));
			}
			throw new EmbedderException(this.name, problem);
		}
		catch (RestClientException ex) {
			// The connection failed, the answer ended too early, or it is something else.
			// The cause is omitted: advice for errors of requests would handle it.
			throw new EmbedderException(this.name, "gave no usable answer: "
					+ NestedExceptionUtils.getMostSpecificCause(ex).getClass().getSimpleName());
		}
	}

	private static @Nullable String retryAfter(RestClientResponseException ex) {
		HttpHeaders headers = ex.getResponseHeaders();
		return (headers != null) ? headers.getFirst(HttpHeaders.RETRY_AFTER) : null;
	}

	/**
	 * A request for embeddings.
	 *
	 * @param model the name of the model
	 * @param input the texts
	 */
	private record Question(String model, List<String> input) {

	}

	/**
	 * The answer of the server.
	 *
	 * @param data the embeddings
	 */
	private record Answer(@Nullable List<Item> data) {

	}

	/**
	 * One embedding.
	 *
	 * @param index the position of the text, {@code null} for the order of the answer
	 * @param embedding the vector
	 */
	private record Item(@Nullable Integer index, float @Nullable [] embedding) {

	}

}
