package dev.weir.sample.service.embedding;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import org.springframework.stereotype.Component;

/**
 * Finds embeddings in the cache, and computes those that are missing. Callers hold the
 * locks of the texts.
 */
@Component
class CachedEmbedder {

	private final Embedder embedder;

	private final EmbeddingCache cache;

	private final EmbedderFailures failures;

	/** Leaves threads for other requests when the provider hangs. */
	private final Semaphore calls;

	CachedEmbedder(Embedder embedder, EmbeddingCache cache, EmbedderFailures failures, EmbeddingProperties properties) {
		this.embedder = embedder;
		this.cache = cache;
		this.failures = failures;
		this.calls = new Semaphore(properties.maxCalls());
	}

	/**
	 * Finds embeddings in the cache.
	 * @param texts the texts
	 * @return the embeddings that were found, by text
	 */
	Map<String, Embedding> find(List<String> texts) {
		String model = this.embedder.model();
		Map<String, Embedding> found = new HashMap<>();
		this.cache.findAll(texts, model).forEach((text, vector) -> found.put(text, new Embedding(model, vector, true)));
		return found;
	}

	List<Embedding> embed(List<String> texts) {
		String model = this.embedder.model();
		Map<String, Embedding> found = find(texts);
		List<String> missing = texts.stream().filter((text) -> !found.containsKey(text)).toList();
		if (!missing.isEmpty()) {
			compute(missing).forEach((text, vector) -> found.put(text, new Embedding(model, vector, false)));
		}
		return texts.stream().map(found::get).toList();
	}

	private Map<String, float[]> compute(List<String> texts) {
		String model = this.embedder.model();
		// Callers that waited for the lock share the failure of the caller before them.
		this.failures.rethrow(texts, model);
		if (!mayCall()) {
			throw new EmbedderBusyException(model, "has too many calls of this instance", "1");
		}
		try {
			return normalized(texts, this.embedder.embed(texts));
		}
		catch (EmbedderException ex) {
			this.failures.put(texts, model, ex);
			throw ex;
		}
		finally {
			this.calls.release();
		}
	}

	private boolean mayCall() {
		try {
			// Longer than a usual call, so that a burst passes.
			return this.calls.tryAcquire(1, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	private Map<String, float[]> normalized(List<String> texts, List<float[]> vectors) {
		String model = this.embedder.model();
		if (vectors.size() != texts.size()) {
			throw new EmbedderException(model, "sent " + vectors.size() + " vectors for " + texts.size() + " texts");
		}
		Map<String, float[]> computed = new HashMap<>();
		EmbedderException failure = null;
		for (int i = 0; i < texts.size(); i++) {
			try {
				computed.put(texts.get(i), Vectors.normalized(model, this.embedder.dimensions(), vectors.get(i)));
			}
			catch (EmbedderException ex) {
				failure = ex;
			}
		}
		// One vector that cannot be used does not discard the others.
		this.cache.putAll(computed, model);
		if (failure != null) {
			throw failure;
		}
		return computed;
	}

}
