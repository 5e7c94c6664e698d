package dev.weir.sample.service.search;

import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
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

	/**
	 * Reads a filter. A misspelt name would otherwise find all documents.
	 * @param values the values by name
	 * @return the filter
	 * @throws IllegalArgumentException if the filter has other names than {@code ticker}
	 * and {@code sector}
	 */
	@JsonCreator
	static SearchFilter of(Map<String, @Nullable String> values) {
		TreeSet<String> unknown = new TreeSet<>(values.keySet());
		unknown.remove("ticker");
		unknown.remove("sector");
		if (!unknown.isEmpty()) {
			throw new IllegalArgumentException("A filter has 'ticker' and 'sector', not others");
		}
		return new SearchFilter(values.get("ticker"), values.get("sector"));
	}

	@JsonValue
	Map<String, String> values() {
		return Stream
			.of(Map.entry("ticker", Objects.requireNonNullElse(this.ticker, "")),
					Map.entry("sector", Objects.requireNonNullElse(this.sector, "")))
			.filter((value) -> !value.getValue().isEmpty())
			.collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
	}

	boolean matches(Document document) {
		return (this.ticker == null || this.ticker.equals(document.ticker()))
				&& (this.sector == null || this.sector.equals(document.sector()));
	}

	/**
	 * Returns the text of the filter in keys: JSON without blanks, its names in
	 * alphabetical order, without absent values. A new attribute does not change the keys
	 * of searches without it. In Python this is
	 * {@code json.dumps(filter, sort_keys=True, separators=(',', ':'))}.
	 * @return the text; the values contain no characters that JSON escapes
	 */
	@Override
	public String toString() {
		return values().entrySet()
			.stream()
			.sorted(Map.Entry.comparingByKey())
			.map((value) -> "\"" + value.getKey() + "\":\"" + value.getValue() + "\"")
			.collect(Collectors.joining(",", "{", "}"));
	}

}
