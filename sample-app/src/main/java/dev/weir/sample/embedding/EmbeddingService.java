package dev.weir.sample.embedding;

import java.time.Duration;

import dev.weir.annotation.DistributedLock;

import org.springframework.stereotype.Service;

/**
 * Makes embeddings, each of them once: whoever asks for a text that another caller, in
 * whatever instance, is computing right now waits and gets that result.
 */
@Service
public class EmbeddingService {

	private final Embedder embedder;

	private final EmbeddingCache cache;

	private final ComputationCounter computations;

	private final Duration extraLatency;

	EmbeddingService(Embedder embedder, EmbeddingCache cache, ComputationCounter computations,
			EmbeddingProperties properties) {
		this.embedder = embedder;
		this.cache = cache;
		this.computations = computations;
		this.extraLatency = properties.extraLatency();
	}

	/**
	 * Returns the embedding of a text. Without the lock if it is cached; should the entry
	 * expire between that look and the next, it is computed without the lock: at worst
	 * twice.
	 * @param text the text
	 * @param model the name of the model
	 * @return the embedding
	 * @throws UnknownModelException if there is no such model here
	 * @throws UnreadableTextException if the model finds nothing in the text
	 * @throws EmbedderException if the model gives no answer
	 */
	@DistributedLock(name = "embedding_lock", key = "#md5(#text + ':' + #model)", timeout = "60s",
			condition = "!@embeddingCache.contains(#text, #model)")
	public Embedding createEmbedding(String text, String model) {
		if (!model.equals(this.embedder.model())) {
			throw new UnknownModelException(model, this.embedder.model());
		}
		// Once more, now that the lock is won: whoever had it before may have computed
		// it.
		return this.cache.find(text, model)
			.map((vector) -> new Embedding(model, vector, true))
			.orElseGet(() -> compute(text, model));
	}

	private Embedding compute(String text, String model) {
		pause();
		float[] vector = this.embedder.embed(text);
		this.computations.count();
		this.cache.put(text, model, vector);
		return new Embedding(model, vector, false);
	}

	private void pause() {
		try {
			Thread.sleep(this.extraLatency.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted while computing", ex);
		}
	}

}
