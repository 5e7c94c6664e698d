package dev.weir.sample.embedding;

import java.time.Instant;
import java.util.List;

/**
 * The embeddings of many texts, and the time of the work on them. This time does not
 * include the wait for a permit.
 *
 * @param embeddings the embeddings, in the order of the texts
 * @param startedAt the time when the work began
 * @param finishedAt the time when the work ended
 */
public record EmbeddingBatch(List<Embedding> embeddings, Instant startedAt, Instant finishedAt) {

}
