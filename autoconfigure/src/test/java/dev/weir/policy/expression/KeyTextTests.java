package dev.weir.policy.expression;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;

import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.StandardEvaluationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link KeyText}: equal values have equal texts in every instance.
 */
class KeyTextTests {

	@Test
	void plainValuesAndListsKeepTheirText() {
		for (Object value : List.of("text", 42L, 4.5, Thread.State.NEW, List.of("b", "a"), List.of(List.of(1, 2)),
				Optional.of("x"), Optional.empty(), Map.of("k", 1), new Point(1, 2), new Named("id", new byte[0]))) {
			assertThat(KeyText.of(value)).isEqualTo(value.toString());
		}
		assertThat(KeyText.of(null)).isEqualTo("null");
	}

	@Test
	void equalSetsAndMapsHaveEqualTexts() {
		// The hashes of "FB" and "Ea" are equal, so the order depends on the insertion.
		Set<String> one = new HashSet<>(List.of("x", "FB", "Ea"));
		Set<String> other = new HashSet<>(List.of("x", "Ea", "FB"));
		assertThat(one.toString()).isNotEqualTo(other.toString());
		assertThat(KeyText.of(one)).isEqualTo(KeyText.of(other)).isEqualTo("[Ea, FB, x]");
		assertThat(KeyText.of(new LinkedHashSet<>(List.of(2, 1)))).isEqualTo(KeyText.of(Set.of(1, 2)));
		Map<String, Object> first = new LinkedHashMap<>();
		first.put("b", one);
		first.put("a", 1);
		Map<String, Object> second = new HashMap<>();
		second.put("a", 1);
		second.put("b", other);
		assertThat(KeyText.of(first)).isEqualTo(KeyText.of(second)).isEqualTo("{a=1, b=[Ea, FB, x]}");
		assertThat(KeyText.of(new TreeMap<>(Map.of(10, "a", 9, "b")))).isEqualTo("{9=b, 10=a}");
		assertThat(KeyText.of(List.of(one))).isEqualTo(KeyText.of(List.of(other)));
		assertThat(KeyText.of(new Holder(one))).isEqualTo(KeyText.of(new Holder(other)))
			.isEqualTo("Holder[content=[Ea, FB, x]]");
		assertThat(KeyText.of(Optional.of(one))).isEqualTo(KeyText.of(Optional.of(other)));
	}

	@Test
	void arraysHaveTheTextOfTheirElements() {
		assertThat(KeyText.of(new int[] { 1, 2 })).isEqualTo("[1, 2]");
		assertThat(KeyText.of(List.of(new byte[] { 1 }))).isEqualTo("[[1]]");
		assertThat(KeyText.of(new Holder(new String[] { "a" }))).isEqualTo("Holder[content=[a]]");
	}

	@Test
	void refusesObjectsWithoutATextOfTheirOwnWhereverTheyAre() {
		Object none = new Object();
		for (Object value : List.of(none, List.of(none), Set.of(none), Map.of("k", none), Map.of(none, "v"),
				new Object[] { none }, Optional.of(none), new Holder(none), new Holder(List.of(none)),
				List.of(new HashCode()))) {
			assertThatIllegalStateException().isThrownBy(() -> KeyText.of(value))
				.withMessageContaining("whose text differs in each instance");
		}
	}

	@Test
	void refusesValuesThatContainThemselves() {
		List<Object> list = new ArrayList<>();
		list.add(Arrays.asList(list));
		assertThatIllegalStateException().isThrownBy(() -> KeyText.of(list)).withMessageContaining("nested too deeply");
	}

	@Test
	void expressionsThatAppendAValueToATextUseIt() {
		StandardEvaluationContext context = new StandardEvaluationContext();
		context.setTypeConverter(KeyText.CONVERTER);
		context.setVariable("set", new LinkedHashSet<>(List.of("b", "a")));
		context.setVariable("object", new Object());
		context.setVariable("list", List.of("b", List.of("a", 1)));
		context.setVariable("enum", Titled.VALUE);
		SpelExpressionParser parser = new SpelExpressionParser();
		// As SpEL does it, but sorted.
		assertThat(parser.parseExpression("'x:' + #set").getValue(context)).isEqualTo("x:a,b");
		assertThat(parser.parseExpression("#set + ':x'").getValue(context)).isEqualTo("a,b:x");
		StandardEvaluationContext standard = new StandardEvaluationContext();
		standard.setVariable("list", context.lookupVariable("list"));
		standard.setVariable("enum", context.lookupVariable("enum"));
		for (String expression : List.of("'x:' + #list", "'x:' + #enum", "'x:' + 5", "1 + 2", "'x' + null")) {
			assertThat(parser.parseExpression(expression).getValue(context)).as(expression)
				.isEqualTo(parser.parseExpression(expression).getValue(standard));
		}
		assertThatIllegalStateException().isThrownBy(() -> parser.parseExpression("'x:' + #object").getValue(context))
			.withMessageContaining("whose text differs in each instance");
	}

	/**
	 * An enum whose text is not its name.
	 */
	private enum Titled {

		VALUE;

		@Override
		public String toString() {
			return "another text";
		}

	}

	private record Point(int x, int y) {

	}

	private record Holder(Object content) {

	}

	private record Named(String id, byte[] content) {

		@Override
		public String toString() {
			return "named:" + this.id;
		}

	}

	private static final class HashCode {

		@Override
		public boolean equals(Object other) {
			return other instanceof HashCode;
		}

		@Override
		public int hashCode() {
			return 7;
		}

	}

}
