package dev.weir.sample.search;

import java.time.Instant;
import java.util.List;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.sample.embedding.Embedding;
import dev.weir.sample.embedding.EmbeddingService;

import org.springframework.stereotype.Service;

/**
 * Searches documents by what they mean, and stores them.
 */
@Service
public class VectorSearchService {

	private final EmbeddingService embeddings;

	private final VectorStore store;

	private final SearchCache cache;

	VectorSearchService(EmbeddingService embeddings, VectorStore store, SearchCache cache) {
		this.embeddings = embeddings;
		this.store = store;
		this.cache = cache;
	}

	/**
	 * Finds the documents that are closest to a query. Without the lock if the result is
	 * cached; who waited for the lock finds it in the cache.
	 * @param query the query
	 * @param topK how many documents at most
	 * @param filter which documents
	 * @return what was found
	 */
	@DistributedLock(name = "search_lock", key = "#md5(#query + ':' + #topK + ':' + #filter)", timeout = "30s",
			condition = "!@searchCache.contains(#query, #topK, #filter)")
	public SearchResult search(String query, int topK, SearchFilter filter) {
		return this.cache.find(query, topK, filter)
			.map((hits) -> new SearchResult(hits, true))
			.orElseGet(() -> new SearchResult(compute(query, topK, filter), false));
	}

	private List<Hit> compute(String query, int topK, SearchFilter filter) {
		// First the version: should documents come in between, the result is not kept.
		String version = this.store.uploads();
		float[] vector = this.embeddings.createEmbedding(query, this.embeddings.model()).vector();
		List<Hit> hits = this.store.nearest(vector, topK, filter);
		this.cache.put(query, topK, filter, hits, version);
		return hits;
	}

	/**
	 * Stores a batch of documents, once: whoever sends the same batch again, at the same
	 * time or later, is told so. Different batches are stored at the same time, but only
	 * two of them.
	 * @param batch the batch
	 * @return what became of it
	 */
	@DistributedLock(name = "upsert_batch", key = "#md5(#batch.batchId)", timeout = "300s")
	@Semaphore(name = "vector_upsert", limit = 2, timeout = "600s")
	public UpsertResult upsert(DocumentBatch batch) {
		Instant start = Instant.now();
		boolean isNew = !this.store.contains(batch.batchId());
		if (isNew) {
			List<float[]> vectors = this.embeddings
				.createEmbeddingsBatch(batch.documents().stream().map(Document::text).toList())
				.embeddings()
				.stream()
				.map(Embedding::vector)
				.toList();
			this.store.add(batch, vectors);
		}
		return new UpsertResult(batch.batchId(), isNew, batch.documents().size(), start, Instant.now());
	}

}
