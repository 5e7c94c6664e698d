package dev.weir.policy.expression;

/**
 * Says for each call how many may hold a lease at a time.
 */
public final class LimitExpression {

	private final PolicyExpression expression;

	/**
	 * Creates an expression.
	 * @param expression the expression
	 */
	public LimitExpression(PolicyExpression expression) {
		this.expression = expression;
	}

	/**
	 * Returns the text of the expression.
	 * @return the text
	 */
	public String text() {
		return this.expression.text();
	}

	/**
	 * Evaluates the limit for one call.
	 * @param invocation the call
	 * @return the limit
	 * @throws IllegalStateException if the value is null or below 1
	 */
	public int evaluate(Invocation invocation) {
		Integer value = this.expression.evaluate(invocation, Integer.class);
		if (value == null || value < 1) {
			throw new IllegalStateException(
					this.expression.describe() + " is " + value + ", not a limit of at least 1");
		}
		return value;
	}

}
