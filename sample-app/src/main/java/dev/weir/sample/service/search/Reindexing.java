package dev.weir.sample.service.search;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import dev.weir.annotation.DistributedLock;

import org.springframework.stereotype.Service;
import org.springframework.util.DigestUtils;

/**
 * Embeds the documents of another model anew. The documents of each model have keys of
 * their own, so a service with a new model starts without documents.
 */
@Service
public class Reindexing {

	private static final int BATCH = 100;

	private final VectorStore store;

	private final VectorSearchService search;

	Reindexing(VectorStore store, VectorSearchService search) {
		this.store = store;
		this.search = search;
	}

	/**
	 * Copies the documents of another model, with new vectors. A second caller does not
	 * wait: while a copy runs, it gets a {@code LeaseBusyException} (status 409).
	 * Documents that were copied before are not copied again.
	 * @param model the name of the other model
	 * @param dimensions how many numbers its vectors have
	 * @return the number of documents
	 */
	@DistributedLock(name = "reindex", waitTime = "0")
	public int reindex(String model, int dimensions) {
		List<Document> documents = this.store.documentsOf(model, dimensions);
		for (int from = 0; from < documents.size(); from += BATCH) {
			List<Document> some = new ArrayList<>(documents.subList(from, Math.min(documents.size(), from + BATCH)));
			this.search.upsert(new DocumentBatch("reindex-" + digest(some), some));
		}
		return documents.size();
	}

	private static String digest(List<Document> documents) {
		return DigestUtils.md5DigestAsHex(documents.stream()
			.map(Document::toString)
			.collect(Collectors.joining())
			.getBytes(StandardCharsets.UTF_8));
	}

}
