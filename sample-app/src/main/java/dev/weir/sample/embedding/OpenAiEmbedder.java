package dev.weir.sample.embedding;

import java.net.http.HttpClient;
import java.time.Duration;

import dev.langchain4j.http.client.jdk.JdkHttpClientBuilder;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;

/**
 * Computes embeddings with a model on a server that supports the protocol of OpenAI.
 */
class OpenAiEmbedder implements Embedder {

	private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

	private final String name;

	private final EmbeddingModel model;

	OpenAiEmbedder(EmbeddingProperties.OpenAi properties) {
		this.name = properties.model();
		this.model = OpenAiEmbeddingModel.builder()
			.baseUrl(properties.baseUrl().toString())
			.apiKey(properties.apiKey())
			.modelName(properties.model())
			.httpClientBuilder(httpClient(properties))
			// No retries, because the caller holds a lock: they could take longer than
			// the lock may be held.
			.maxRetries(0)
			.build();
	}

	private static JdkHttpClientBuilder httpClient(EmbeddingProperties.OpenAi properties) {
		// By default, the JDK's client offers an upgrade to HTTP/2. Some model servers
		// fail then.
		return new JdkHttpClientBuilder()
			.httpClientBuilder(HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1))
			.connectTimeout(CONNECT_TIMEOUT)
			.readTimeout(properties.timeout());
	}

	@Override
	public String model() {
		return this.name;
	}

	@Override
	public float[] embed(String text) {
		try {
			return this.model.embed(text).content().vector();
		}
		catch (RuntimeException ex) {
			// Not all failures of the client have a specific type.
			throw new EmbedderException(this.name, ex);
		}
	}

}
