package dev.weir.sample.embedding;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;

import org.springframework.context.annotation.Lazy;
import org.springframework.stereotype.Service;

/**
 * Creates embeddings and computes each of them only once. While a caller computes the
 * embedding of a text, callers of all instances that request the same text wait and get
 * that result.
 */
@Service
public class EmbeddingService {

	private final Embedder embedder;

	private final EmbeddingCache cache;

	private final ComputationCounter computations;

	private final EmbeddingProperties properties;

	/** The proxy of this service. Guards work only for calls through the proxy. */
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
	 * Returns how many numbers each vector of the model has.
	 * @return the number of dimensions
	 */
	public int dimensions() {
		return this.embedder.dimensions();
	}

	/**
	 * Returns the embedding of a text. If the embedding is cached, the method runs
	 * without the lock. If the cache entry expires after the condition was evaluated, the
	 * embedding is computed without the lock, at worst twice.
	 * @param text the text
	 * @param model the name of the model
	 * @return the embedding
	 * @throws UnknownModelException if this service does not have the model
	 * @throws UnreadableTextException if the model can read nothing in the text
	 * @throws EmbedderException if the model gives no answer
	 */
	@DistributedLock(name = "embedding_lock", key = "#md5(#text + ':' + #model)", timeout = "60s",
			condition = "!@embeddingCache.contains(#text, #model)")
	public Embedding createEmbedding(String text, String model) {
		if (!model.equals(this.embedder.model())) {
			throw new UnknownModelException(model, this.embedder.model());
		}
		// Read the cache again: the previous holder of the lock may have computed the
		// embedding.
		return this.cache.find(text, model)
			.filter((vector) -> vector.length == dimensions())
			.map((vector) -> new Embedding(model, vector, true))
			.orElseGet(() -> compute(text, model));
	}

	/**
	 * Returns the embeddings of many texts. Only a few callers may do this at the same
	 * time, to limit the load on the models. Each embedding is still computed only once,
	 * even if other callers request the same text.
	 * @param texts the texts
	 * @return their embeddings, in the same order
	 * @throws UnreadableTextException if the model can read nothing in one of the texts
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
			throw new IllegalStateException("Interrupted while computing an embedding", ex);
		}
	}

}
