package dev.weir.sample.service.search;

import java.util.List;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import jakarta.validation.Valid;
import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
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
				message = "'documents' must have at most {max} elements") List<@NotNull(
						message = "a document must not be null") @Valid Document> documents) {

	@AssertTrue(message = "two documents of a batch must not have the same 'id'")
	@JsonIgnore
	boolean isWithoutDuplicates() {
		if (this.documents == null) {
			return true;
		}
		List<Document> given = this.documents.stream().filter(Objects::nonNull).toList();
		return given.stream().map(Document::id).distinct().count() == given.size();
	}

}
