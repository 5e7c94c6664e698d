package dev.weir.sample.service.search;

import java.nio.charset.StandardCharsets;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import jakarta.validation.Valid;
import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Size;

import org.springframework.util.DigestUtils;

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

	@AssertTrue(message = "two documents of a batch must not have the same 'id'")
	@JsonIgnore
	boolean isWithoutDuplicates() {
		return this.documents == null
				|| this.documents.stream().map(Document::id).distinct().count() == this.documents.size();
	}

	/**
	 * Returns the digest of the documents. It distinguishes a batch that is sent again
	 * from another batch with the same id.
	 * @return the MD5 of the documents, in hexadecimal form
	 */
	String digest() {
		return DigestUtils.md5DigestAsHex(this.documents.toString().getBytes(StandardCharsets.UTF_8));
	}

}
