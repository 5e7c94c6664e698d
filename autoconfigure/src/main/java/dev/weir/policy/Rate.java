package dev.weir.policy;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.format.datetime.standard.DurationFormatterUtils;

/**
 * A limit as text: {@code 60}, {@code 60/1m}, {@code 60/m}, {@code 5/10s}.
 *
 * @param limit how many
 * @param window in which time, {@code null} if that is said elsewhere
 */
public record Rate(long limit, @Nullable Duration window) {

	private static final Pattern TEXT = Pattern.compile("(\\d{1,18})(?:\\s*/\\s*(\\S+))?");

	/**
	 * Reads a text.
	 * @param text the text
	 * @return what it says
	 * @throws IllegalArgumentException if it is no limit
	 */
	public static Rate valueOf(String text) {
		Matcher matcher = TEXT.matcher(text.trim());
		if (!matcher.matches()) {
			throw new IllegalArgumentException(
					"'" + text + "' is no limit: use a number such as 60, or with its window 60/1m");
		}
		String window = matcher.group(2);
		return new Rate(Long.parseLong(matcher.group(1)), (window != null) ? window(text, window) : null);
	}

	/**
	 * Takes a number, as YAML gives it.
	 * @param limit how many
	 * @return the limit, without a window
	 */
	public static Rate valueOf(Integer limit) {
		return new Rate(limit, null);
	}

	/**
	 * Takes a large number, as YAML gives it.
	 * @param limit how many
	 * @return the limit, without a window
	 */
	public static Rate valueOf(Long limit) {
		return new Rate(limit, null);
	}

	private static Duration window(String text, String window) {
		try {
			boolean unitOnly = Character.isLetter(window.charAt(0)) && !window.toUpperCase(Locale.ROOT).startsWith("P");
			return DurationFormatterUtils.detectAndParse(unitOnly ? "1" + window : window);
		}
		catch (IllegalArgumentException | ArithmeticException ex) {
			throw new IllegalArgumentException(
					"'" + text + "' is no limit: '" + window + "' is no duration such as 10s, 1m or 1h", ex);
		}
	}

}
