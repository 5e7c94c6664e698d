package dev.weir.sample.service.embedding;

import java.util.List;

/**
 * A model that computes embeddings. Implementations are thread-safe.
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
	 * Returns how many texts one call may contain. One call takes less time than the lock
	 * of a text may be held.
	 * @return the number of texts
	 */
	int maxTexts();

	/**
	 * Computes the embeddings of texts. This is the expensive part.
	 * @param texts the texts, at most {@link #maxTexts()}
	 * @return the vector of each text, in the order of the texts
	 * @throws UnreadableTextException if the model can read nothing in one of the texts
	 * @throws EmbedderException if the model gives no answer
	 * @throws EmbedderBusyException if the provider limits the rate of requests
	 */
	List<float[]> embed(List<String> texts);

}
