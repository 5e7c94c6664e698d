package dev.weir.sample.service.embedding;

import java.util.List;
import java.util.Map;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;

import org.springframework.stereotype.Service;

/**
 * Creates embeddings and computes each of them only once. While a caller computes the
 * embedding of a text, callers of all instances that request the same text wait and get
 * that result.
 */
@Service
public class EmbeddingService {

	private final Embedder embedder;

	private final CachedEmbedder cachedEmbedder;

	private final EmbeddingBatches batches;

	EmbeddingService(Embedder embedder, CachedEmbedder cachedEmbedder, EmbeddingBatches batches) {
		this.embedder = embedder;
		this.cachedEmbedder = cachedEmbedder;
		this.batches = batches;
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
	 * @throws EmbedderException if the model gives no usable answer
	 */
	@DistributedLock(name = "embedding_lock", key = "#md5(#text + ':' + #model)", timeout = "60s",
			condition = "!@embeddingCache.contains(#text, #model)")
	public Embedding createEmbedding(String text, String model) {
		if (!model.equals(this.embedder.model())) {
			throw new UnknownModelException(model, this.embedder.model());
		}
		// This reads the cache again: the previous holder of the lock may have computed
		// the embedding.
		return this.cachedEmbedder.embed(List.of(text)).get(0);
	}

	/**
	 * Returns the embeddings of many texts. Only a few callers may do this at the same
	 * time, to limit the load on the models. Each embedding is still computed only once,
	 * even if other callers request the same text.
	 * @param texts the texts
	 * @return their embeddings, in the same order
	 * @throws UnreadableTextException if the model can read nothing in one of the texts
	 * @throws EmbedderException if the model gives no usable answer
	 */
	@Semaphore(name = "embedding_batch", limit = 3, timeout = "300s", waitTime = "120s")
	public List<Embedding> createEmbeddingsBatch(List<String> texts) {
		Map<String, Embedding> found = this.cachedEmbedder.find(texts);
		List<String> missing = texts.stream().distinct().filter((text) -> !found.containsKey(text)).toList();
		for (int from = 0; from < missing.size(); from += this.embedder.maxTexts()) {
			List<String> some = missing.subList(from, Math.min(missing.size(), from + this.embedder.maxTexts()));
			List<Embedding> embeddings = this.batches.createEmbeddings(some, model());
			for (int i = 0; i < some.size(); i++) {
				found.put(some.get(i), embeddings.get(i));
			}
		}
		return texts.stream().map(found::get).toList();
	}

}
