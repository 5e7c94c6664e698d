package dev.weir.sample.service.embedding;

import java.util.List;

import dev.weir.annotation.DistributedLock;

import org.springframework.stereotype.Service;

/**
 * Creates the embeddings of several texts with one call of the model. This is a class of
 * its own because guards work only for calls from another bean.
 */
@Service
public class EmbeddingBatches {

	private final CachedEmbedder embedder;

	EmbeddingBatches(CachedEmbedder embedder) {
		this.embedder = embedder;
	}

	/**
	 * Returns the embeddings of texts. The locks of all texts are acquired together or
	 * not at all, so callers with common texts cannot wait for each other in a circle.
	 * @param texts the different texts, at most {@link Embedder#maxTexts()}
	 * @param model the name of the model
	 * @return the embeddings, in the order of the texts
	 */
	@DistributedLock(name = "embedding_lock", keys = "#texts.![#md5(#this + ':' + #model)]", timeout = "60s")
	public List<Embedding> createEmbeddings(List<String> texts, String model) {
		return this.embedder.embed(texts);
	}

}
