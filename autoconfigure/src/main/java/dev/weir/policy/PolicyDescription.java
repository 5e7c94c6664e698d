package dev.weir.policy;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What holds for one policy now, for people.
 *
 * @param kind {@code lock}, {@code semaphore} or {@code rate-limit}, as in the properties
 * @param name its name
 * @param methods the methods that have it, and the path if it is a rule for one; none if
 * only properties mention it
 * @param values what holds, by attribute
 */
public record PolicyDescription(String kind, String name, List<String> methods, Map<String, Value> values) {

	/**
	 * One attribute.
	 *
	 * @param value what holds, {@code null} for nothing
	 * @param source where that comes from
	 */
	public record Value(@Nullable Object value, Source source) {

	}

	/**
	 * Where a value comes from.
	 */
	public enum Source {

		/** A property of the policy. */
		PROPERTY,

		/** The annotation. */
		ANNOTATION,

		/** An expression of the annotation: it is another one for each call. */
		EXPRESSION,

		/** What holds for all policies of the kind that say nothing else. */
		DEFAULT

	}

}
