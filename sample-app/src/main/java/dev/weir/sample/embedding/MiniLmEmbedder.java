package dev.weir.sample.embedding;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;

/**
 * The model all-MiniLM-L6-v2 (384 dimensions, quantized), run inside of this process. The
 * model is part of the class path: no network is needed.
 */
class MiniLmEmbedder implements Embedder {

	private final EmbeddingModel model = new AllMiniLmL6V2QuantizedEmbeddingModel();

	MiniLmEmbedder() {
		// The first computation is ten times slower than the next ones.
		embed("warm up");
	}

	@Override
	public String model() {
		return "all-MiniLM-L6-v2";
	}

	@Override
	public float[] embed(String text) {
		try {
			return this.model.embed(text).content().vector();
		}
		catch (IllegalArgumentException ex) {
			// The tokenizer drops what it does not know. Sometimes nothing is left.
			throw new UnreadableTextException(ex);
		}
	}

}
