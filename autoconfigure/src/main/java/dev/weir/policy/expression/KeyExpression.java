package dev.weir.policy.expression;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ObjectUtils;

/**
 * The part of a key that depends on the call. The value usually comes from a user, so
 * this class makes the value safe: the value can neither choose the slot in a Redis
 * cluster nor make the key arbitrarily long.
 */
public final class KeyExpression {

	/** The maximum length of a value in characters. Longer values are hashed. */
	static final int MAX_LENGTH = 200;

	private final PolicyExpression expression;

	private final boolean plural;

	/**
	 * Creates an expression.
	 * @param expression the expression
	 * @param plural whether each element of a collection is a separate key
	 */
	public KeyExpression(PolicyExpression expression, boolean plural) {
		this.expression = expression;
		this.plural = plural;
	}

	/**
	 * Returns the expression.
	 * @return the expression
	 */
	public PolicyExpression expression() {
		return this.expression;
	}

	/**
	 * Returns whether each element of a collection is a separate key.
	 * @return {@code false} if a collection is the value of one key
	 */
	public boolean isPlural() {
		return this.plural;
	}

	/**
	 * Evaluates the expression for one call.
	 * @param invocation the call
	 * @return the part of the key
	 * @throws IllegalStateException if the value is null, blank, or has no text of its
	 * own
	 */
	public String evaluate(Invocation invocation) {
		return text(this.expression.evaluate(invocation, Object.class));
	}

	/**
	 * Evaluates the expression for one call, element by element if it is a collection or
	 * an array.
	 * @param invocation the call
	 * @return the parts of the keys, at least one
	 * @throws IllegalStateException if the value is empty, or if one of the values is
	 * null, blank, or has no text of its own
	 */
	public List<String> evaluateAll(Invocation invocation) {
		Object value = this.expression.evaluate(invocation, Object.class);
		Collection<?> values = elements(value);
		if (values.isEmpty()) {
			throw new IllegalStateException(
					this.expression.describe() + " is empty. Pass a value, or do not call the method");
		}
		return values.stream().map(this::text).toList();
	}

	private Collection<?> elements(@Nullable Object value) {
		if (value instanceof Collection<?> collection) {
			return collection;
		}
		return (value != null && value.getClass().isArray()) ? Arrays.asList(ObjectUtils.toObjectArray(value))
				: Collections.singletonList(value);
	}

	private String text(@Nullable Object value) {
		String text = (value != null) ? own(value) : null;
		if (text == null || text.isBlank()) {
			throw new IllegalStateException(this.expression.describe() + " is " + ((text != null) ? "blank" : "null")
					+ ". Pass a value, or use another key for the calls without a value");
		}
		return safe(text);
	}

	private String own(Object value) {
		try {
			return KeyText.of(value);
		}
		catch (IllegalStateException ex) {
			throw new IllegalStateException(this.expression.describe() + " has no text of its own: " + ex.getMessage()
					+ ". Use a property of the object", ex);
		}
	}

	/**
	 * Escapes the characters that have a meaning in a key or no encoding, and bounds the
	 * length. Different values stay different: {@code %} is escaped as well, so no value
	 * can look like a hashed value.
	 * @param text the value
	 * @return the value as part of a key
	 */
	public static String safe(String text) {
		if (text.length() > MAX_LENGTH) {
			return "%sha256:" + Digests.sha256(text);
		}
		StringBuilder safe = null;
		for (int i = 0; i < text.length(); i++) {
			char character = text.charAt(i);
			boolean special = character == '%' || character == '{' || character == '}'
					|| Character.isISOControl(character) || isUnpairedSurrogate(text, i);
			if (special && safe == null) {
				safe = new StringBuilder(text.length() + 8).append(text, 0, i);
			}
			append(safe, character, special);
		}
		return (safe != null) ? safe.toString() : text;
	}

	private static boolean isUnpairedSurrogate(String text, int index) {
		char character = text.charAt(index);
		if (Character.isHighSurrogate(character)) {
			return index + 1 == text.length() || !Character.isLowSurrogate(text.charAt(index + 1));
		}
		return Character.isLowSurrogate(character)
				&& (index == 0 || !Character.isHighSurrogate(text.charAt(index - 1)));
	}

	private static void append(@Nullable StringBuilder safe, char character, boolean special) {
		if (safe == null) {
			return;
		}
		if (special) {
			safe.append('%').append(String.format("%02X", (int) character));
		}
		else {
			safe.append(character);
		}
	}

}
