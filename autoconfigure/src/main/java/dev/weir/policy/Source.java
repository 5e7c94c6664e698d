package dev.weir.policy;

/**
 * Where the value of an attribute comes from, in order of precedence.
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
