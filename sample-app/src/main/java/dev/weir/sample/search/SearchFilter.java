package dev.weir.sample.search;

import jakarta.validation.constraints.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A filter for the documents of a search.
 *
 * @param ticker the symbol of the company, {@code null} for all companies
 * @param sector the sector of the company, {@code null} for all sectors
 */
public record SearchFilter(
		@Nullable @Pattern(regexp = TICKER, message = "'ticker' must be the symbol of a company") String ticker,
		@Nullable @Pattern(regexp = SECTOR, message = "'sector' must be the name of a sector") String sector) {

	/** All documents. */
	public static final SearchFilter ALL = new SearchFilter(null, null);

	static final String TICKER = "[A-Z0-9.-]{1,10}";

	static final String SECTOR = "[\\w &-]{1,50}";

	boolean matches(Document document) {
		return (this.ticker == null || this.ticker.equals(document.ticker()))
				&& (this.sector == null || this.sector.equals(document.sector()));
	}

}
