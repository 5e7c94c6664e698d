package dev.weir.policy.expression;

/**
 * Thrown for an expression with a mistake.
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
	 * Returns how to correct it.
	 * @return the cure, in the imperative
	 */
	public String getCure() {
		return this.cure;
	}

}
