package dev.weir.sample.service.search;

import dev.weir.sample.service.embedding.EmbeddingService;

import org.springframework.stereotype.Component;

/**
 * The keys in Redis of the documents of one model and its number of dimensions: vectors
 * of another model cannot be compared. All keys have the same hash tag, so that one
 * transaction can change them.
 */
@Component
class VectorKeys {

	private final String prefix;

	private final int dimensions;

	VectorKeys(EmbeddingService embeddings) {
		this.dimensions = embeddings.dimensions();
		this.prefix = prefix(embeddings.model(), this.dimensions);
	}

	/**
	 * Returns how many numbers each vector has.
	 * @return the number of dimensions
	 */
	int dimensions() {
		return this.dimensions;
	}

	private static String prefix(String model, int dimensions) {
		return "{vectors:" + model + ":" + dimensions + "}:";
	}

	/**
	 * Returns the key of the hash with the documents and their vectors, by id.
	 * @return the key
	 */
	String documents() {
		return this.prefix + "documents";
	}

	/**
	 * Returns the key of the hash with the documents of another model.
	 * @param model the name of the model
	 * @param dimensions how many numbers its vectors have
	 * @return the key
	 */
	static String documents(String model, int dimensions) {
		return prefix(model, dimensions) + "documents";
	}

	/**
	 * Returns the key of the stream of the last changes. A change lists the documents
	 * that were stored together.
	 * @return the key
	 */
	String changes() {
		return this.prefix + "changes";
	}

	/**
	 * Returns the key of the number of uploads.
	 * @return the key
	 */
	String uploads() {
		return this.prefix + "uploads";
	}

	/**
	 * Returns the key of the number of search results that were stored.
	 * @return the key
	 */
	String kept() {
		return this.prefix + "kept";
	}

	/**
	 * Returns the key that marks a batch as stored.
	 * @param digest the digest of the id of the batch
	 * @return the key
	 */
	String batch(String digest) {
		return this.prefix + "batch:" + digest;
	}

	/**
	 * Returns the key of a search result.
	 * @param digest the digest of the search
	 * @return the key
	 */
	String result(String digest) {
		return this.prefix + "result:" + digest;
	}

	/**
	 * Returns the key of the sorted set with the keys of all search results, by expiry
	 * time.
	 * @return the key
	 */
	String results() {
		return this.prefix + "results";
	}

}
