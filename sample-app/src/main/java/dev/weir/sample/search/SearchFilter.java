package dev.weir.sample.search;

import jakarta.validation.constraints.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which documents are searched.
 *
 * @param ticker only those on this company, if given
 * @param sector only those on companies of this sector, if given
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
