package dev.weir.sample.embedding;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;

import org.springframework.context.annotation.Lazy;
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

	private final EmbeddingProperties properties;

	/** Guards only work on calls from outside: this is the way out and in again. */
	private final EmbeddingService self;

	EmbeddingService(Embedder embedder, EmbeddingCache cache, ComputationCounter computations,
			EmbeddingProperties properties, @Lazy EmbeddingService self) {
		this.embedder = embedder;
		this.cache = cache;
		this.computations = computations;
		this.properties = properties;
		this.self = self;
	}

	/**
	 * Returns the name of the model.
	 * @return the name
	 */
	public String model() {
		return this.embedder.model();
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

	/**
	 * Returns the embeddings of many texts, a load that only a few callers at a time may
	 * put on the models. Each text is still computed once, whoever else asks for it.
	 * @param texts the texts
	 * @return their embeddings, in the same order
	 * @throws UnreadableTextException if the model finds nothing in one of the texts
	 * @throws EmbedderException if the model gives no answer
	 */
	@Semaphore(name = "embedding_batch", limit = 3, timeout = "300s")
	public EmbeddingBatch createEmbeddingsBatch(List<String> texts) {
		Instant start = Instant.now();
		List<Embedding> embeddings = texts.stream().map((text) -> this.self.createEmbedding(text, model())).toList();
		return new EmbeddingBatch(embeddings, start, Instant.now());
	}

	private Embedding compute(String text, String model) {
		pause(this.properties.extraLatency(text));
		float[] vector = this.embedder.embed(text);
		this.computations.count();
		this.cache.put(text, model, vector);
		return new Embedding(model, vector, false);
	}

	private static void pause(Duration duration) {
		try {
			Thread.sleep(duration.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted while computing", ex);
		}
	}

}
