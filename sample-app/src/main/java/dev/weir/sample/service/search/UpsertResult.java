package dev.weir.sample.service.search;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The result of the upload of a batch.
 *
 * @param batchId the id of the batch
 * @param stored whether this call has stored the batch; {@code false} if it was stored
 * before
 * @param documents the number of documents in the batch
 */
public record UpsertResult(@JsonProperty("batch_id") String batchId, boolean stored, int documents) {

}
