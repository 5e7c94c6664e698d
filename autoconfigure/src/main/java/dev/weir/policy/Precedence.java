package dev.weir.policy;

import org.jspecify.annotations.Nullable;

/**
 * Who has the say where several may say something: the first who does.
 */
final class Precedence {

	private Precedence() {
	}

	/**
	 * Returns the first of several values that is there.
	 * @param <T> the type of the values
	 * @param values the values
	 * @return the first one that is not {@code null}, {@code null} if there is none
	 */
	@SafeVarargs
	static <T> @Nullable T first(@Nullable T... values) {
		for (T value : values) {
			if (value != null) {
				return value;
			}
		}
		return null;
	}

}
