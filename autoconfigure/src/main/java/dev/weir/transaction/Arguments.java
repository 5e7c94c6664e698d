package dev.weir.transaction;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

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
		return text.getBytes(StandardCharsets.UTF_8);
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
