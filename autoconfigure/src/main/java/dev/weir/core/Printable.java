package dev.weir.core;

import org.jspecify.annotations.Nullable;

/**
 * Makes text printable on one line, for logs and audits. A text can come from a client,
 * from Redis, or from another instance. Escaped, it can neither begin a line of its own
 * nor control a terminal, nor change the direction in which the line is read.
 */
public final class Printable {

	/** The maximum length of a text, in characters. The rest is omitted. */
	static final int MAX_LENGTH = 4000;

	private Printable() {
	}

	/**
	 * Returns the printable form of a value: the text of the value, with each character
	 * that is not printable in the form of {@code \}{@code u000a}, and without what is
	 * beyond 4,000 characters.
	 * @param value the value
	 * @return the printable form
	 */
	public static String of(@Nullable Object value) {
		String text = String.valueOf(value);
		int end = Math.min(text.length(), MAX_LENGTH);
		int next = 0;
		while (next < end && isPrintable(text.codePointAt(next))) {
			next += Character.charCount(text.codePointAt(next));
		}
		if (next >= text.length()) {
			return text;
		}
		StringBuilder printable = new StringBuilder(text.length()).append(text, 0, next);
		while (next < end) {
			int character = text.codePointAt(next);
			next += Character.charCount(character);
			if (isPrintable(character)) {
				printable.appendCodePoint(character);
			}
			else {
				escape(character, printable);
			}
		}
		return (next < text.length()) ? printable.append("… (").append(text.length()).append(" characters)").toString()
				: printable.toString();
	}

	/**
	 * Returns whether a text is printable as it is.
	 * @param text the text
	 * @return whether each character is printable
	 */
	public static boolean isPrintable(String text) {
		return text.codePoints().allMatch(Printable::isPrintable);
	}

	private static boolean isPrintable(int character) {
		return switch (Character.getType(character)) {
			case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
					Character.SURROGATE ->
				false;
			default -> true;
		};
	}

	private static void escape(int character, StringBuilder printable) {
		for (char unit : Character.toChars(character)) {
			printable.append(String.format("\\u%04x", (int) unit));
		}
	}

}
