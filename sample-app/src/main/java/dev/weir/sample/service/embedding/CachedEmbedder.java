package dev.weir.sample.service.embedding;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

	CachedEmbedder(Embedder embedder, EmbeddingCache cache, EmbedderFailures failures) {
		this.embedder = embedder;
		this.cache = cache;
		this.failures = failures;
	}

	List<Embedding> embed(List<String> texts) {
		String model = this.embedder.model();
		Map<String, Embedding> found = new HashMap<>();
		this.cache.findAll(texts, model, this.embedder.dimensions())
			.forEach((text, vector) -> found.put(text, new Embedding(model, vector, true)));
		List<String> missing = texts.stream().filter((text) -> !found.containsKey(text)).toList();
		if (!missing.isEmpty()) {
			Map<String, float[]> computed = compute(missing);
			this.cache.putAll(computed, model);
			computed.forEach((text, vector) -> found.put(text, new Embedding(model, vector, false)));
		}
		return texts.stream().map(found::get).toList();
	}

	private Map<String, float[]> compute(List<String> texts) {
		String model = this.embedder.model();
		// Callers that waited for the lock share the failure of the caller before them.
		this.failures.rethrow(texts, model);
		try {
			List<float[]> vectors = this.embedder.embed(texts);
			if (vectors.size() != texts.size()) {
				throw new EmbedderException(model,
						"sent " + vectors.size() + " vectors for " + texts.size() + " texts");
			}
			Map<String, float[]> computed = new HashMap<>();
			for (int i = 0; i < texts.size(); i++) {
				computed.put(texts.get(i), Vectors.normalized(model, this.embedder.dimensions(), vectors.get(i)));
			}
			return computed;
		}
		catch (EmbedderException ex) {
			this.failures.put(texts, model, ex);
			throw ex;
		}
	}

}
