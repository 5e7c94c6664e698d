package dev.weir.sample.service.search;

import java.security.Principal;
import java.util.Map;

import dev.weir.annotation.RateLimited;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;

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

	private final Reindexing reindexing;

	DocumentController(VectorSearchService search, Reindexing reindexing) {
		this.search = search;
		this.reindexing = reindexing;
	}

	@PostMapping("/api/documents")
	@RateLimited(name = "documents:user", limit = 60, window = "1m", perUser = true)
	ResponseEntity<UpsertResult> upload(Principal user, @Valid @RequestBody DocumentBatch batch) {
		UpsertResult result = this.search.upsert(user.getName(), batch);
		return ResponseEntity.status(result.stored() ? HttpStatus.CREATED : HttpStatus.OK).body(result);
	}

	@PostMapping("/api/documents/reindex")
	Map<String, Integer> reindex(@Valid @RequestBody Model model) {
		return Map.of("documents", this.reindexing.reindex(model.model(), model.dimensions()));
	}

	@ExceptionHandler
	ProblemDetail handle(CurrentModelException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, ex.getMessage());
	}

	@ExceptionHandler
	ProblemDetail handle(StorageFullException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.INSUFFICIENT_STORAGE, ex.getMessage());
	}

	@ExceptionHandler
	ProblemDetail handle(BatchConflictException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, ex.getMessage());
	}

	@ExceptionHandler
	ProblemDetail handle(BatchNotStoredException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, ex.getMessage());
	}

	/**
	 * The model whose documents are embedded anew.
	 *
	 * @param model the name of the model
	 * @param dimensions how many numbers its vectors have
	 */
	record Model(@NotBlank(message = "'model' must not be blank") String model,
			@Min(value = 1, message = "'dimensions' must be at least {value}") int dimensions) {

	}

}
