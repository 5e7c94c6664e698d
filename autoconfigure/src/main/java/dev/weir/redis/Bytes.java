package dev.weir.redis;

import java.nio.charset.StandardCharsets;

/**
 * Converts text and numbers to and from the arrays of bytes that binary scripts use.
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
	 * Converts bytes to text.
	 * @param bytes an array of bytes from the reply of a script
	 * @return the text
	 */
	static String text(Object bytes) {
		return new String((byte[]) bytes, StandardCharsets.UTF_8);
	}

}
