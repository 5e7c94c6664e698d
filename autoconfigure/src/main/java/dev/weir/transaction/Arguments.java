package dev.weir.transaction;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

import dev.weir.core.Utf8;

/**
 * Converts the arguments of commands to bytes.
 */
final class Arguments {

	private static final Duration LONGEST_TTL = Duration.ofDays(365_000);

	/** Lua 5.1 does not count exactly above this number. */
	private static final long LARGEST_INTEGER = (1L << 53) - 1;

	private Arguments() {
	}

	static byte[] bytes(String text) {
		requireUnicode(text);
		return text.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Checks that Redis stores a text as it is.
	 * @param text the text
	 * @throws IllegalArgumentException if the text contains a surrogate without its
	 * partner: two such texts could become the same text
	 */
	static void requireUnicode(String text) {
		if (Utf8.hasUnpairedSurrogate(text)) {
			throw new IllegalArgumentException("A key, field or id contains a surrogate without its partner, so it is "
					+ "not valid Unicode. Escape or reject such a text before the transaction");
		}
	}

	static byte[] bytes(long number) {
		return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
	}

	static byte[] bytes(double number) {
		if (Double.isNaN(number)) {
			throw new IllegalArgumentException("A score must be a number");
		}
		return bytes(Double.isInfinite(number) ? ((number > 0) ? "inf" : "-inf") : Double.toString(number));
	}

	static byte[] millis(Duration ttl) {
		if (ttl.compareTo(Duration.ofMillis(1)) < 0 || ttl.compareTo(LONGEST_TTL) > 0) {
			throw new IllegalArgumentException("A time to live must be between 1 ms and 1000 years, not " + ttl);
		}
		return bytes(ttl.toMillis());
	}

	static byte[] delta(long delta) {
		if (delta > LARGEST_INTEGER || delta < -LARGEST_INTEGER) {
			throw new IllegalArgumentException("A counter cannot be changed by more than 2^53 - 1: " + delta);
		}
		return bytes(delta);
	}

}
