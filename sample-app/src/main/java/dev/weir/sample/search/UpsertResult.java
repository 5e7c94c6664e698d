package dev.weir.sample.search;

import java.time.Instant;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The result of the upload of a batch.
 *
 * @param batchId the id of the batch
 * @param stored whether this call has stored the batch; {@code false} if it was stored
 * before
 * @param documents the number of documents in the batch
 * @param startedAt the time when the work began, after the wait for the batch and for a
 * permit
 * @param finishedAt the time when the work ended
 */
public record UpsertResult(@JsonProperty("batch_id") String batchId, boolean stored, int documents,
		@JsonProperty("started_at") Instant startedAt, @JsonProperty("finished_at") Instant finishedAt) {

}
