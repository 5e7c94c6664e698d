package dev.weir.sample.search;

import dev.weir.sample.embedding.EmbeddingService;

import org.springframework.stereotype.Component;

/**
 * Where the documents of one model stand in Redis. All keys have the same hash tag, so
 * that they can be changed in one transaction.
 */
@Component
class VectorKeys {

	private final String prefix;

	VectorKeys(EmbeddingService embeddings) {
		this.prefix = "{vectors:" + embeddings.model() + "}:";
	}

	/**
	 * Returns the hash of the documents and their vectors, by id.
	 * @return the key
	 */
	String documents() {
		return this.prefix + "documents";
	}

	/**
	 * Returns the stream of the last changes: which documents were stored together.
	 * @return the key
	 */
	String changes() {
		return this.prefix + "changes";
	}

	/**
	 * Returns the number of uploads.
	 * @return the key
	 */
	String uploads() {
		return this.prefix + "uploads";
	}

	/**
	 * Returns the number of search results that were kept.
	 * @return the key
	 */
	String kept() {
		return this.prefix + "kept";
	}

	/**
	 * Returns the mark of a batch that was stored.
	 * @param digest the digest of its id
	 * @return the key
	 */
	String batch(String digest) {
		return this.prefix + "batch:" + digest;
	}

	/**
	 * Returns a search result.
	 * @param digest the digest of the search
	 * @return the key
	 */
	String result(String digest) {
		return this.prefix + "result:" + digest;
	}

	/**
	 * Returns the sorted set of the keys of all search results, by when they expire.
	 * @return the key
	 */
	String results() {
		return this.prefix + "results";
	}

}
