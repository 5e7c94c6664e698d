package dev.weir.core;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Utf8}.
 */
class Utf8Tests {

	@Test
	void validTextHasTheBytesOfUtf8() {
		for (String text : List.of("", "plain", "ü", "中文", "😀", "a😀b\u0000")) {
			assertThat(Utf8.hasUnpairedSurrogate(text)).isFalse();
			assertThat(Utf8.bytes(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
		}
	}

	@Test
	void differentTextsHaveDifferentBytes() {
		List<String> parts = List.of("", "?", "u", "\ud83d", "\ude00", "\ud800", "\udfff", "😀");
		Set<String> texts = new HashSet<>();
		Set<List<Byte>> bytes = new HashSet<>();
		for (String first : parts) {
			for (String second : parts) {
				for (String third : parts) {
					String text = first + second + third;
					texts.add(text);
					bytes.add(boxed(Utf8.bytes(text)));
				}
			}
		}
		assertThat(bytes).hasSameSizeAs(texts);
	}

	@Test
	void anUnpairedSurrogateHasThreeBytes() {
		assertThat(Utf8.bytes("a\ud800")).containsExactly('a', 0xed, 0xa0, 0x80);
		assertThat(Utf8.bytes("\udfff😀")).startsWith(0xed, 0xbf, 0xbf).hasSize(7);
	}

	private static List<Byte> boxed(byte[] bytes) {
		Byte[] boxed = new Byte[bytes.length];
		for (int i = 0; i < bytes.length; i++) {
			boxed[i] = bytes[i];
		}
		return List.of(boxed);
	}

}
