package dev.weir.core;

import java.util.List;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Tuple;

/**
 * Texts that attackers send: characters of all planes and halves of them, control
 * characters, very long texts, and the building blocks of the texts that Weir reads.
 */
public final class HostileText {

	private HostileText() {
	}

	/**
	 * Creates texts of any kind.
	 * @param blocks the building blocks of valid texts
	 * @return the texts
	 */
	public static Arbitrary<String> of(String... blocks) {
		Arbitrary<String> special = Arbitraries.of("\n", "\r\n", "\u0000", "\u001b[2J", "\u0085", "\u2028", "\u202e",
				"\ud800", "\udfff", "😀", "%", "%0a", "{", "}", "[", "]", ":", "::", "/", "..", ";", "?", "*", "|", "=",
				"&", " ", "\t", "-", "+", "9999999999999999999999", "null", "${x}", "#{1}", "'", "\"", "\\");
		Arbitrary<String> block = Arbitraries.of(List.of(blocks));
		Arbitrary<String> any = Arbitraries.strings().all().ofMaxLength(20);
		Arbitrary<String> mixed = Arbitraries.frequencyOf(Tuple.of(4, block), Tuple.of(3, special), Tuple.of(1, any))
			.list()
			.ofMaxSize(12)
			.map((parts) -> String.join("", parts));
		Arbitrary<String> longer = Arbitraries.of(200, 5_000, 100_000)
			.flatMap((length) -> Arbitraries.oneOf(block, special)
				.map((part) -> part.isEmpty() ? part : part.repeat(length / part.length())));
		return Arbitraries.frequencyOf(Tuple.of(20, mixed), Tuple.of(5, any), Tuple.of(1, longer));
	}

}
