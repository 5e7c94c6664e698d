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
	 * Returns how many numbers each vector of the model has.
	 * @return the number of dimensions
	 */
	int dimensions();

	/**
	 * Computes the embedding of a text. This is the expensive part.
	 * @param text the text
	 * @return the vector with the dimensions of the model and the length 1
	 * @throws UnreadableTextException if the model can read nothing in the text
	 * @throws EmbedderException if the model gives no answer, or one that cannot be used
	 * @throws EmbedderBusyException if the provider limits the rate of requests
	 */
	float[] embed(String text);

}
