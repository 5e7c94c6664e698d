package dev.weir.outgoing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RetryAfterHeader}.
 */
class RetryAfterHeaderTests {

	private static final Clock CLOCK = Clock.fixed(Instant.parse("1994-11-06T08:49:00Z"), ZoneOffset.UTC);

	@Test
	void readsSeconds() {
		assertThat(parse("2", null)).isEqualTo(Duration.ofSeconds(2));
		assertThat(parse(" 0 ", null)).isZero();
		assertThat(parse("9999999999", null)).isEqualTo(Duration.ofSeconds(9_999_999_999L));
		assertThat(parse("99999999999999999999999", null)).isGreaterThan(Duration.ofDays(365));
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994" })
	void readsTheThreeFormatsOfDates(String date) {
		assertThat(parse(date, null)).isEqualTo(Duration.ofSeconds(37));
	}

	@Test
	void aDateCountsFromTheDateOfTheResponse() {
		String date = "Sun, 06 Nov 1994 08:49:37 GMT";
		assertThat(parse(date, "Sun, 06 Nov 1994 08:49:30 GMT")).isEqualTo(Duration.ofSeconds(7));
		assertThat(parse(date, "Sunday, 06-Nov-94 08:49:30 GMT")).isEqualTo(Duration.ofSeconds(7));
		assertThat(parse(date, "yesterday")).isEqualTo(Duration.ofSeconds(37));
		assertThat(parse(date, "Sun, 06 Nov 1994 08:49:40 GMT")).isZero();
	}

	@Test
	void aYearOfTwoDigitsIsAtMostFiftyYearsAhead() {
		assertThat(parse("Sunday, 06-Nov-44 08:49:00 GMT", null)).isGreaterThan(Duration.ofDays(49 * 365));
		assertThat(parse("Tuesday, 06-Nov-45 08:49:00 GMT", null)).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "-1", "1.5", "2s", "+3", "soon", "Mon, 06 Nov 1994 08:49:37 GMT",
			"Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT", "2026-01-01T00:00:00Z", "٢" })
	void ignoresEverythingElse(String value) {
		assertThat(parse(value, null)).isNull();
	}

	private static @Nullable Duration parse(String value, @Nullable String date) {
		return RetryAfterHeader.parse(value, date, CLOCK);
	}

}
