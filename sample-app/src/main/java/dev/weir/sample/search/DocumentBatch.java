package dev.weir.sample.search;

import java.util.List;

import com.fasterxml.jackson.annotation.JsonProperty;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Size;

/**
 * A batch of documents that are stored together or not at all.
 *
 * @param batchId the id of the batch; a batch with this id is stored only once
 * @param documents the documents
 */
public record DocumentBatch(
		@JsonProperty("batch_id") @NotBlank(message = "'batch_id' must not be blank") @Size(max = 200,
				message = "'batch_id' must have at most {max} characters") String batchId,
		@NotEmpty(message = "'documents' must not be empty") @Size(max = 200,
				message = "'documents' must have at most {max} elements") List<@Valid Document> documents) {

}
