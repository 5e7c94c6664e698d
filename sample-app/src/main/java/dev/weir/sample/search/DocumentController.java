package dev.weir.sample.search;

import jakarta.validation.Valid;

import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * Stores documents that are uploaded over HTTP.
 */
@RestController
class DocumentController {

	private final VectorSearchService search;

	DocumentController(VectorSearchService search) {
		this.search = search;
	}

	@PostMapping("/api/documents")
	ResponseEntity<UpsertResult> upload(@Valid @RequestBody DocumentBatch batch) {
		UpsertResult result = this.search.upsert(batch);
		return ResponseEntity.status(result.stored() ? HttpStatus.CREATED : HttpStatus.OK).body(result);
	}

	@ExceptionHandler
	ProblemDetail handle(BatchConflictException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, ex.getMessage());
	}

	@ExceptionHandler
	ProblemDetail handle(BatchNotStoredException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, ex.getMessage());
	}

}
