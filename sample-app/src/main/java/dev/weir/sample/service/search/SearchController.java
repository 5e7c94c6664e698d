package dev.weir.sample.service.search;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weir.annotation.RateLimited;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;

import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * Searches documents over HTTP.
 */
@RestController
class SearchController {

	private static final int DEFAULT_TOP_K = 5;

	private final VectorSearchService search;

	SearchController(VectorSearchService search) {
		this.search = search;
	}

	@PostMapping("/api/search")
	// The condition uses the argument. So the limit is charged after its validation, and
	// an invalid search is free.
	@RateLimited(name = "search:vector", limit = 100, window = "1m", condition = "#search != null")
	SearchResult vectorSearch(@Valid @RequestBody Search search) {
		return this.search.search(search.query(), (search.topK() != null) ? search.topK() : DEFAULT_TOP_K,
				(search.filter() != null) ? search.filter() : SearchFilter.ALL);
	}

	/**
	 * A request for a search.
	 *
	 * @param query the topic of the documents
	 * @param topK the largest number of documents, 5 by default
	 * @param filter the filter for the documents, all documents by default
	 */
	record Search(
			@NotBlank(message = "'query' must not be blank") @Size(max = 2000,
					message = "'query' must have at most {max} characters") String query,
			@JsonProperty("top_k") @Nullable @Min(value = 1, message = "'top_k' must be at least {value}") @Max(
					value = 50, message = "'top_k' must be at most {value}") Integer topK,
			@Nullable @Valid SearchFilter filter) {

	}

}
