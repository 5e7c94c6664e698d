package dev.weir.actuate;

import dev.weir.core.Printable;
import dev.weir.core.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * Checks the texts that operators and other instances send, before they are used in any
 * way. The messages of the exceptions never repeat such a text.
 */
final class OperatorInput {

	/** The maximum length of the name of a policy. */
	private static final int MAX_NAME = 200;

	/** The maximum length of a key. Keys of Weir are shorter. */
	private static final int MAX_KEY = 4096;

	private OperatorInput() {
	}

	/**
	 * Checks the name of a policy.
	 * @param name the name, {@code null} if it is not given
	 * @throws IllegalArgumentException if no policy can have such a name
	 */
	static void requireName(@Nullable String name) {
		if (name != null && (name.isEmpty() || name.length() > MAX_NAME || !Printable.isPrintable(name)
				|| name.chars().anyMatch(Character::isWhitespace))) {
			throw new IllegalArgumentException("The name is not a valid name of a policy: it has 1 to " + MAX_NAME
					+ " printable characters without blanks");
		}
	}

	/**
	 * Checks a key, or the owner of a lease.
	 * @param text the text, {@code null} if it is not given
	 * @throws IllegalArgumentException if no list can contain such a text
	 */
	static void requireKey(@Nullable String text) {
		if (text != null && (text.isEmpty() || text.length() > MAX_KEY || Utf8.hasUnpairedSurrogate(text))) {
			throw new IllegalArgumentException("A key or owner is not valid: it has 1 to " + MAX_KEY
					+ " characters. Copy it from the list of leases or buckets");
		}
	}

}
