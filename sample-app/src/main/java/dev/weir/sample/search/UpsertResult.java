package dev.weir.sample.search;

import java.time.Instant;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What became of a batch.
 *
 * @param batchId what identifies the batch
 * @param stored whether this call has stored it; {@code false} if it was stored before
 * @param documents how many documents it has
 * @param startedAt when the work began, after waiting for the batch and for a permit
 * @param finishedAt when it ended
 */
public record UpsertResult(@JsonProperty("batch_id") String batchId, boolean stored, int documents,
		@JsonProperty("started_at") Instant startedAt, @JsonProperty("finished_at") Instant finishedAt) {

}
