package dev.weir.policy;

import org.jspecify.annotations.Nullable;

/**
 * The value in force of an attribute, and its source.
 *
 * @param <T> the type of the value
 * @param value the value, {@code null} if the attribute is not set anywhere
 * @param source the source of the value
 */
public record Resolved<T extends @Nullable Object>(T value, Source source) {

	/**
	 * The sources of values, in order of precedence.
	 */
	public enum Source {

		/** A property of the policy. */
		PROPERTY,

		/** The annotation, or code. */
		ANNOTATION,

		/** An expression of the annotation, which returns the value of each call. */
		EXPRESSION,

		/** The default of all policies of the kind. */
		DEFAULT

	}

}
