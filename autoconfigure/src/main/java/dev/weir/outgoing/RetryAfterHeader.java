package dev.weir.outgoing;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Reads the header {@code Retry-After} of a response (RFC 9110, section 10.2.3).
 */
final class RetryAfterHeader {

	private static final Pattern SECONDS = Pattern.compile("\\d+");

	/** More digits are a longer time than any pause. */
	private static final int MAX_DIGITS = 10;

	private static final DateTimeFormatter IMF_FIXDATE = DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'",
			Locale.ENGLISH);

	private static final DateTimeFormatter ASCTIME = DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy",
			Locale.ENGLISH);

	private RetryAfterHeader() {
	}

	/**
	 * Returns the time after which the service wants to be called again.
	 * @param value the value of the header: whole seconds, or a date in one of the three
	 * formats of RFC 9110
	 * @param date the value of the header {@code Date} of the response, by whose clock a
	 * date is meant, {@code null} for none
	 * @param clock the clock that is used without a valid {@code Date}
	 * @return the time, zero if it is over, {@code null} if the value is invalid
	 */
	static @Nullable Duration parse(String value, @Nullable String date, Clock clock) {
		String text = value.trim();
		if (SECONDS.matcher(text).matches()) {
			return Duration.ofSeconds((text.length() <= MAX_DIGITS) ? Long.parseLong(text) : Integer.MAX_VALUE);
		}
		Instant now = clock.instant();
		Instant then = instant(text, now);
		if (then == null) {
			return null;
		}
		Instant sent = (date != null) ? instant(date.trim(), now) : null;
		Duration time = Duration.between((sent != null) ? sent : now, then);
		return time.isNegative() ? Duration.ZERO : time;
	}

	private static @Nullable Instant instant(String text, Instant now) {
		return Stream
			.<Function<String, Instant>>of((date) -> parse(IMF_FIXDATE, date), (date) -> parse(rfc850(now), date),
					(date) -> parse(ASCTIME, date))
			.map((format) -> orNull(format, text))
			.filter((instant) -> instant != null)
			.findFirst()
			.orElse(null);
	}

	private static @Nullable Instant orNull(Function<String, Instant> format, String text) {
		try {
			return format.apply(text);
		}
		catch (DateTimeException ex) {
			return null;
		}
	}

	private static Instant parse(DateTimeFormatter format, String text) {
		return LocalDateTime.parse(text, format).toInstant(ZoneOffset.UTC);
	}

	// A year of two digits is at most 50 years ahead.
	private static DateTimeFormatter rfc850(Instant now) {
		return new DateTimeFormatterBuilder().appendPattern("EEEE, dd-MMM-")
			.appendValueReduced(ChronoField.YEAR, 2, 2, now.atOffset(ZoneOffset.UTC).toLocalDate().minusYears(49))
			.appendPattern(" HH:mm:ss 'GMT'")
			.toFormatter(Locale.ENGLISH);
	}

}
