package dev.weir.policy;

import org.jspecify.annotations.Nullable;

/**
 * The value of an attribute that is in force, and where it comes from.
 *
 * @param <T> the type of the value
 * @param value the value, {@code null} if the attribute is not set anywhere
 * @param source where it comes from
 */
public record Resolved<T extends @Nullable Object>(T value, Source source) {

	/**
	 * Where a value comes from, in order of precedence.
	 */
	public enum Source {

		/** A property of the policy. */
		PROPERTY,

		/** The annotation, or code. */
		ANNOTATION,

		/** An expression of the annotation: each call has a value of its own. */
		EXPRESSION,

		/** The default of all policies of the kind. */
		DEFAULT

	}

}
