package dev.weir.policy.expression;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ObjectUtils;

/**
 * The part of a key that depends on the call. Its value usually comes from a user, so it
 * is made safe: it can neither choose the slot in a Redis cluster nor grow without bound.
 */
public final class KeyExpression {

	/** The longest value, in characters, that stands in Redis as it is. */
	static final int MAX_LENGTH = 200;

	private final PolicyExpression expression;

	private final boolean plural;

	/**
	 * Creates an expression.
	 * @param expression the expression
	 * @param plural whether a collection stands for several keys
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
	 * Whether a collection stands for several keys, one for each of its elements.
	 * @return whether it does
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
		String text = (value != null) ? value.toString() : null;
		if (value == null || text == null || text.isBlank()) {
			throw new IllegalStateException(this.expression.describe() + " is " + ((text != null) ? "blank" : "null")
					+ ". Pass a value, or give the calls without one another key");
		}
		if (value.getClass().isArray() || isIdentity(value, text)) {
			throw new IllegalStateException(this.expression.describe() + " has no text of its own: it is a "
					+ value.getClass().getTypeName() + ", which differs in each instance. Use a property of it");
		}
		return safe(text);
	}

	private static boolean isIdentity(Object value, String text) {
		return text.equals(value.getClass().getName() + "@" + Integer.toHexString(System.identityHashCode(value)))
				|| text.equals(value.getClass().getName() + "@" + Integer.toHexString(value.hashCode()));
	}

	/**
	 * Escapes what has a meaning in a key, and bounds the length. Different values stay
	 * different: {@code %} is escaped as well, so no value can look like a hashed one.
	 * @param text the value
	 * @return what stands in Redis
	 */
	public static String safe(String text) {
		if (text.length() > MAX_LENGTH) {
			return "%sha256:" + Digests.sha256(text);
		}
		StringBuilder safe = null;
		for (int i = 0; i < text.length(); i++) {
			char character = text.charAt(i);
			boolean special = character == '%' || character == '{' || character == '}'
					|| Character.isISOControl(character);
			if (special && safe == null) {
				safe = new StringBuilder(text.length() + 8).append(text, 0, i);
			}
			append(safe, character, special);
		}
		return (safe != null) ? safe.toString() : text;
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
