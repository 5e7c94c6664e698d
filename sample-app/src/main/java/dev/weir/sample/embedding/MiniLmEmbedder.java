package dev.weir.sample.embedding;

import java.util.concurrent.CompletableFuture;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;

import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Computes embeddings with the model all-MiniLM-L6-v2 (384 dimensions, quantized), inside
 * of this process. The model is on the class path, so no network is needed.
 */
class MiniLmEmbedder implements Embedder, SmartInitializingSingleton {

	private static final int DIMENSIONS = 384;

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
	public float[] embed(String text) {
		try {
			return Vectors.normalized(model(), DIMENSIONS, this.model.join().embed(text).content().vector());
		}
		catch (IllegalArgumentException ex) {
			// The tokenizer drops unknown characters. Sometimes no text is left.
			throw new UnreadableTextException(ex);
		}
	}

}
