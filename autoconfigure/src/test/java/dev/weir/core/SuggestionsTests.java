package dev.weir.core;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Suggestions}.
 */
class SuggestionsTests {

	private static final List<String> NAMES = List.of("id", "lease", "lock", "policies", "timeout", "wait-time");

	@ParameterizedTest
	@CsvSource({ "timeot, timeout", "TIMEOUT, timeout", "lese, lease", "policy, policies", "polices, policies",
			"idd, id", "waittime, wait-time", "iemtout, ", "tiemout, timeout", "x, ", "something, " })
	void findsTheMostSimilarName(String written, String expected) {
		assertThat(Suggestions.closest(written, NAMES, 3)).isEqualTo(expected);
	}

	@Test
	void findsOnlyNamesWithFewDifferences() {
		assertThat(Suggestions.closest("policy", NAMES, 1)).isNull();
		assertThat(Suggestions.closest("policis", NAMES, 1)).isEqualTo("policies");
	}

	@Test
	void findsNothingWithoutNames() {
		assertThat(Suggestions.closest("timeout", List.of(), 3)).isNull();
	}

}
