package dev.weir.sample.demo;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import dev.weir.sample.service.embedding.Embedder;
import dev.weir.sample.service.embedding.UnreadableTextException;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;

/**
 * Computes embeddings with the model all-MiniLM-L6-v2 (384 dimensions, quantized), inside
 * of this process. The model is on the class path, so no network is needed.
 */
@Component
@ConditionalOnProperty(name = "sample.embeddings.provider", havingValue = "minilm")
class MiniLmEmbedder implements Embedder, SmartInitializingSingleton {

	private static final int DIMENSIONS = 384;

	private static final int MAX_TEXTS = 20;

	/**
	 * The model. It takes seconds to load, so the rest of the application starts at the
	 * same time.
	 */
	private final CompletableFuture<EmbeddingModel> model = CompletableFuture.supplyAsync(MiniLmEmbedder::load,
			(loading) -> new Thread(loading, "minilm").start());

	private static EmbeddingModel load() {
		EmbeddingModel model = new AllMiniLmL6V2QuantizedEmbeddingModel();
		// The first computation is ten times slower than the next ones.
		model.embed("warm up");
		return model;
	}

	/**
	 * Waits for the model. If it cannot be loaded, the application does not start.
	 */
	@Override
	public void afterSingletonsInstantiated() {
		this.model.join();
	}

	@Override
	public String model() {
		return "all-MiniLM-L6-v2";
	}

	@Override
	public int dimensions() {
		return DIMENSIONS;
	}

	@Override
	public int maxTexts() {
		return MAX_TEXTS;
	}

	@Override
	public List<float[]> embed(List<String> texts) {
		try {
			return texts.stream().map((text) -> this.model.join().embed(text).content().vector()).toList();
		}
		catch (IllegalArgumentException ex) {
			// The tokenizer drops unknown characters. Sometimes no text is left.
			throw new UnreadableTextException(ex);
		}
	}

}
