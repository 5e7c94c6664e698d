package dev.weir.sample.embedding;

import java.time.Instant;
import java.util.List;

/**
 * The embeddings of many texts, and when somebody worked on them: without the time that
 * was spent waiting for a permit.
 *
 * @param embeddings the embeddings, in the order of the texts
 * @param startedAt when the work began
 * @param finishedAt when it ended
 */
public record EmbeddingBatch(List<Embedding> embeddings, Instant startedAt, Instant finishedAt) {

}
