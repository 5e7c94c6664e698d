package dev.weir.policy.expression;

/**
 * Thrown if an expression has a mistake.
 */
public final class InvalidExpressionException extends RuntimeException {

	private final String cure;

	InvalidExpressionException(String problem, String cure) {
		super(problem);
		this.cure = cure;
	}

	/**
	 * Returns the mistake.
	 * @return the mistake
	 */
	public String getProblem() {
		return String.valueOf(getMessage());
	}

	/**
	 * Returns the cure of the mistake.
	 * @return the cure, in the imperative
	 */
	public String getCure() {
		return this.cure;
	}

}
