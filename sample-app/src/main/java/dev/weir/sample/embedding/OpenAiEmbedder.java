package dev.weir.sample.embedding;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;

/**
 * A model on a server that speaks the protocol of OpenAI.
 */
class OpenAiEmbedder implements Embedder {

	private final String name;

	private final EmbeddingModel model;

	OpenAiEmbedder(EmbeddingProperties.OpenAi properties) {
		this.name = properties.model();
		this.model = OpenAiEmbeddingModel.builder()
			.baseUrl(properties.baseUrl().toString())
			.apiKey(properties.apiKey())
			.modelName(properties.model())
			.timeout(properties.timeout())
			// The caller holds a lock: better to fail in time than to try for longer than
			// that.
			.maxRetries(0)
			.build();
	}

	@Override
	public String model() {
		return this.name;
	}

	@Override
	public float[] embed(String text) {
		return this.model.embed(text).content().vector();
	}

}
