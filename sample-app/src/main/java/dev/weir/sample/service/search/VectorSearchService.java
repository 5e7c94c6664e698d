package dev.weir.sample.service.search;

import java.util.List;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.sample.service.embedding.Embedding;
import dev.weir.sample.service.embedding.EmbeddingService;

import org.springframework.stereotype.Service;

/**
 * Searches documents by their meaning, and stores documents.
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
	 * Finds the documents that are closest to a query. If the result is cached, the
	 * method runs without the lock. A caller that waited for the lock finds the result in
	 * the cache.
	 * @param query the query
	 * @param topK the largest number of documents
	 * @param filter the filter for the documents
	 * @return the result
	 */
	@DistributedLock(name = "search_lock", key = "#md5(#query + ':' + #topK + ':' + #filter)", timeout = "30s",
			condition = "!@searchCache.contains(#query, #topK, #filter)")
	public SearchResult search(String query, int topK, SearchFilter filter) {
		return this.cache.find(query, topK, filter)
			.map((hits) -> new SearchResult(hits, true))
			.orElseGet(() -> new SearchResult(compute(query, topK, filter), false));
	}

	private List<Hit> compute(String query, int topK, SearchFilter filter) {
		// Read the version first: if documents are stored during the search, the result
		// is not cached.
		String version = this.store.uploads();
		float[] vector = this.embeddings.createEmbedding(query, this.embeddings.model()).vector();
		List<Hit> hits = this.store.nearest(vector, topK, filter);
		if (!version.isEmpty()) {
			// Without documents, Redis may have lost its data: cache nothing.
			this.cache.put(query, topK, filter, hits, version);
		}
		return hits;
	}

	/**
	 * Returns whether a user has stored a batch.
	 * @param owner the user
	 * @param batch the batch
	 * @return whether the batch is stored
	 * @throws BatchConflictException if the user has stored other documents under its id
	 */
	public boolean contains(String owner, DocumentBatch batch) {
		return this.store.contains(owner, batch);
	}

	/**
	 * Stores a batch of documents only once. If the same batch is sent again, at the same
	 * time or later, the result reports this. At most two different batches are stored at
	 * the same time. The wait for a permit and the work together take less time than the
	 * lock may be held.
	 * @param owner the user that uploads the batch; users cannot replace documents of
	 * others
	 * @param batch the batch
	 * @return the result
	 * @throws BatchConflictException if the user has stored other documents under its id
	 * @throws StorageFullException if there is no room for the documents
	 */
	@DistributedLock(name = "upsert_batch", key = "#md5(#batch.batchId)", timeout = "300s")
	@Semaphore(name = "vector_upsert", limit = 2, timeout = "600s", waitTime = "60s")
	public UpsertResult upsert(String owner, DocumentBatch batch) {
		boolean isNew = !this.store.contains(owner, batch);
		if (isNew) {
			// Before the vectors are computed, because they cost money.
			this.store.requireRoom(owner, batch);
			List<float[]> vectors = this.embeddings
				.createEmbeddingsBatch(batch.documents().stream().map(Document::text).toList())
				.stream()
				.map(Embedding::vector)
				.toList();
			this.store.add(owner, batch, vectors);
		}
		return new UpsertResult(batch.batchId(), isNew, batch.documents().size());
	}

}
