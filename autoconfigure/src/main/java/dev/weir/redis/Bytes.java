package dev.weir.redis;

import java.nio.charset.StandardCharsets;

/**
 * Text as binary scripts take and give it.
 */
final class Bytes {

	static final byte[] NONE = {};

	private Bytes() {
	}

	static byte[] of(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	static byte[] of(long number) {
		return of(Long.toString(number));
	}

	/**
	 * Reads text.
	 * @param bytes a part of the result of a script, an array of bytes
	 * @return the text
	 */
	static String text(Object bytes) {
		return new String((byte[]) bytes, StandardCharsets.UTF_8);
	}

}
