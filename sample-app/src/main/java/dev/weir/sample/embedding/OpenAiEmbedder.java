package dev.weir.sample.embedding;

import java.net.http.HttpClient;
import java.time.Duration;

import dev.langchain4j.http.client.jdk.JdkHttpClientBuilder;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;

/**
 * A model on a server that speaks the protocol of OpenAI.
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
			// The caller holds a lock: better to fail in time than to try for longer than
			// that.
			.maxRetries(0)
			.build();
	}

	private static JdkHttpClientBuilder httpClient(EmbeddingProperties.OpenAi properties) {
		// Not the JDK's default: servers for models stumble over its offer to go on with
		// HTTP/2.
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
			// Not all failures of the client have a type of their own.
			throw new EmbedderException(this.name, ex);
		}
	}

}
