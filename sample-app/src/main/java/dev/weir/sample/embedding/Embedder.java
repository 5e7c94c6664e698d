package dev.weir.sample.embedding;

/**
 * Computes embeddings. Implementations are thread-safe.
 */
public interface Embedder {

	/**
	 * Returns the name of the model.
	 * @return the name
	 */
	String model();

	/**
	 * Computes the embedding of a text. This is the expensive part.
	 * @param text the text
	 * @return the vector, always of the same length for one model
	 * @throws UnreadableTextException if the model can read nothing in the text
	 * @throws EmbedderException if the model gives no answer
	 */
	float[] embed(String text);

}
