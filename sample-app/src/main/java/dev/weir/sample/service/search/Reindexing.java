package dev.weir.sample.service.search;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.weir.annotation.DistributedLock;
import dev.weir.sample.service.embedding.Embedding;
import dev.weir.sample.service.embedding.EmbeddingService;

import org.springframework.stereotype.Service;

/**
 * Embeds the documents of another model anew. The documents of each model have keys of
 * their own, so a service with a new model starts without documents.
 */
@Service
public class Reindexing {

	private static final int BATCH = 100;

	private final VectorStore store;

	private final EmbeddingService embeddings;

	Reindexing(VectorStore store, EmbeddingService embeddings) {
		this.store = store;
		this.embeddings = embeddings;
	}

	/**
	 * Copies the documents of another model, with new vectors. Documents that are there
	 * already stay as they are, so this can run while users upload, and again. A second
	 * caller does not wait: while a copy runs, it gets a {@code LeaseBusyException}
	 * (status 409).
	 * @param model the name of the other model
	 * @param dimensions how many numbers its vectors have
	 * @return the number of documents of the other model
	 * @throws CurrentModelException if it is the model of this service
	 */
	@DistributedLock(name = "reindex", waitTime = "0")
	public int reindex(String model, int dimensions) {
		if (model.equals(this.embeddings.model()) && dimensions == this.embeddings.dimensions()) {
			throw new CurrentModelException(model);
		}
		Map<String, Document> documents = this.store.documentsOf(model, dimensions);
		List<String> fields = List.copyOf(documents.keySet());
		for (int from = 0; from < fields.size(); from += BATCH) {
			Map<String, Document> some = new LinkedHashMap<>();
			fields.subList(from, Math.min(fields.size(), from + BATCH))
				.forEach((field) -> some.put(field, documents.get(field)));
			this.store.addMissing(some,
					this.embeddings.createEmbeddingsBatch(some.values().stream().map(Document::text).toList())
						.stream()
						.map(Embedding::vector)
						.toList());
		}
		return documents.size();
	}

}
