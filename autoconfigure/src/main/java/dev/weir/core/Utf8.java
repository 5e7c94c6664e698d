package dev.weir.core;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Encodes text as UTF-8 so that different texts have different bytes. The encoding of
 * Java replaces a surrogate without its partner by a question mark.
 */
public final class Utf8 {

	private Utf8() {
	}

	/**
	 * Encodes a text.
	 * @param text the text
	 * @return the bytes: UTF-8, with an unpaired surrogate as three bytes of its own, as
	 * in WTF-8
	 * @see <a href="https://simonsapin.github.io/wtf-8/">The WTF-8 encoding</a>
	 */
	public static byte[] bytes(String text) {
		return hasUnpairedSurrogate(text) ? generalized(text) : text.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Returns whether a text contains a surrogate without its partner, which no encoding
	 * of Unicode has.
	 * @param text the text
	 * @return whether the text is not valid Unicode
	 */
	public static boolean hasUnpairedSurrogate(String text) {
		for (int i = 0; i < text.length(); i++) {
			if (Character.isSurrogate(text.charAt(i))) {
				if (!Character.isSupplementaryCodePoint(text.codePointAt(i))) {
					return true;
				}
				i++;
			}
		}
		return false;
	}

	private static byte[] generalized(String text) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		text.codePoints().forEach((character) -> {
			if (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE) {
				bytes.write(0xe0 | character >> 12);
				bytes.write(0x80 | character >> 6 & 0x3f);
				bytes.write(0x80 | character & 0x3f);
			}
			else {
				bytes.writeBytes(Character.toString(character).getBytes(StandardCharsets.UTF_8));
			}
		});
		return bytes.toByteArray();
	}

}
