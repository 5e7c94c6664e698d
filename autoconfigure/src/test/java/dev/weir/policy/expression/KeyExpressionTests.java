package dev.weir.policy.expression;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KeyExpression}: a value from a user must be safe as part of a key.
 */
class KeyExpressionTests {

	@Test
	void keepsPlainText() {
		assertThat(KeyExpression.safe("user:42/größe ü")).isEqualTo("user:42/größe ü");
	}

	@Test
	void aUserCannotChooseTheSlot() {
		assertThat(KeyExpression.safe("{a}")).isEqualTo("%7Ba%7D");
		assertThat(KeyExpression.safe("}{")).isEqualTo("%7D%7B");
	}

	@Test
	void escapesControlCharacters() {
		assertThat(KeyExpression.safe("a\r\nb\u0000")).isEqualTo("a%0D%0Ab%00");
	}

	@Test
	void differentValuesStayDifferent() {
		assertThat(KeyExpression.safe("%7B")).isEqualTo("%257B").isNotEqualTo(KeyExpression.safe("{"));
	}

	@Test
	void hashesALongValueThatNoOtherValueCanImitate() {
		String longest = "x".repeat(KeyExpression.MAX_LENGTH);
		assertThat(KeyExpression.safe(longest)).isEqualTo(longest);
		String hashed = KeyExpression.safe(longest + "x");
		assertThat(hashed).matches("%sha256:[0-9a-f]{64}");
		assertThat(KeyExpression.safe(hashed)).isNotEqualTo(hashed);
		assertThat(KeyExpression.safe(longest + "y")).isNotEqualTo(hashed);
	}

	@Test
	void digestsEqualTheDigestsOfPython() {
		// hashlib.md5("größe:model".encode()).hexdigest()
		assertThat(Digests.md5("größe:model")).isEqualTo("aecb987228d81f5234b5394685162066");
		assertThat(Digests.md5("")).isEqualTo("d41d8cd98f00b204e9800998ecf8427e");
		assertThat(Digests.sha256("abc")).isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	}

	@Test
	void escapesSurrogatesWithoutTheirPartner() {
		assertThat(KeyExpression.safe("u\ud800")).isEqualTo("u%D800").isNotEqualTo(KeyExpression.safe("u?"));
		assertThat(KeyExpression.safe("\ude00\ud83d")).isEqualTo("%DE00%D83D");
		assertThat(KeyExpression.safe("😀")).isEqualTo("😀");
		assertThat(KeyExpression.safe("\ud83d😀\ude00")).isEqualTo("%D83D😀%DE00");
	}

	@Test
	void hashesOfTextsThatAreNotUnicodeDiffer() {
		assertThat(Digests.sha256("u\ud800")).isNotEqualTo(Digests.sha256("u?"));
		assertThat(Digests.md5("u\ud800")).isNotEqualTo(Digests.md5("u\ud801"));
		assertThat(KeyExpression.safe("x".repeat(300) + "\ud800"))
			.isNotEqualTo(KeyExpression.safe("x".repeat(300) + "?"));
	}

	@Test
	void computesTheHmacOfRfc4231() {
		assertThat(Digests.hmacSha256("Jefe", "what do ya want for nothing?"))
			.isEqualTo("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	}

}
