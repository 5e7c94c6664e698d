package dev.weir.policy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * A limit as text: {@code 60}, {@code 60/1m}, {@code 60/m}, {@code 5/10s},
 * {@code 1000/day}.
 *
 * @param limit the number of tokens per window
 * @param window the window, {@code null} if another attribute sets it
 */
public record Rate(long limit, @Nullable RateWindow window) {

	private static final Pattern TEXT = Pattern.compile("(\\d{1,18})(?:\\s*/\\s*(\\S+))?");

	/** The unit of a duration, or the begin of one. */
	private static final Pattern UNIT = Pattern.compile("(?!(?i)p|(day|week|month)$)\\p{L}.*");

	/**
	 * Parses a text.
	 * @param text the text
	 * @return the limit, with its window if the text includes one
	 * @throws IllegalArgumentException if the text is not a limit
	 */
	public static Rate valueOf(String text) {
		Matcher matcher = TEXT.matcher(text.trim());
		if (!matcher.matches()) {
			throw new IllegalArgumentException(
					"'" + text + "' is not a limit: use a number such as 60, or a number with a window such as 60/1m");
		}
		String window = matcher.group(2);
		return new Rate(Long.parseLong(matcher.group(1)), (window != null) ? window(text, window) : null);
	}

	/**
	 * Converts a number, as it comes from YAML.
	 * @param limit the number of tokens per window
	 * @return the limit, without a window
	 */
	public static Rate valueOf(Integer limit) {
		return new Rate(limit, null);
	}

	/**
	 * Converts a large number, as it comes from YAML.
	 * @param limit the number of tokens per window
	 * @return the limit, without a window
	 */
	public static Rate valueOf(Long limit) {
		return new Rate(limit, null);
	}

	private static RateWindow window(String text, String window) {
		try {
			return RateWindow.valueOf(UNIT.matcher(window).matches() ? "1" + window : window);
		}
		catch (IllegalArgumentException ex) {
			// Without a cause: Spring Boot reports the first cause of a failed start.
			throw new IllegalArgumentException("'" + text + "' is not a limit: " + ex.getMessage());
		}
	}

}
