package dev.weir.sample.service.search;

import com.fasterxml.jackson.annotation.JsonInclude;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;

/**
 * A note on a company.
 *
 * @param id the id; a note with the same id replaces this one
 * @param ticker the symbol of the company
 * @param company the name of the company
 * @param sector the sector of the company
 * @param title the title
 * @param text the text that is searched
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Document(
		@NotNull(message = "'id' is missing") @Pattern(regexp = "[\\w.-]{1,100}",
				message = "'id' must be up to 100 letters, digits, '.', '-' or '_'") String id,
		@NotNull(message = "'ticker' is missing") @Pattern(regexp = SearchFilter.TICKER,
				message = "'ticker' must be up to 10 capital letters, digits, '.' or '-'") String ticker,
		@NotBlank(message = "'company' must not be blank") @Size(max = 200,
				message = "'company' must have at most {max} characters") String company,
		@NotNull(message = "'sector' is missing") @Pattern(regexp = SearchFilter.SECTOR,
				message = "'sector' must be up to 50 letters, digits, blanks, '&' or '-'") String sector,
		@NotBlank(message = "'title' must not be blank") @Size(max = 200,
				message = "'title' must have at most {max} characters") String title,
		@NotBlank(message = "'text' must not be blank") @Size(max = 8000,
				message = "'text' must have at most {max} characters") String text) {

}
