package dev.weir.policy;

/**
 * Says for each call how many may hold a lease at a time.
 */
public final class LimitExpression {

	private final PolicyExpression expression;

	LimitExpression(PolicyExpression expression) {
		this.expression = expression;
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
