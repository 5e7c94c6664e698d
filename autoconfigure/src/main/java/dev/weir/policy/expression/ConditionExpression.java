package dev.weir.policy.expression;

/**
 * Decides for each call whether it is guarded.
 */
public final class ConditionExpression {

	private final PolicyExpression expression;

	/**
	 * Creates an expression.
	 * @param expression the expression
	 */
	public ConditionExpression(PolicyExpression expression) {
		this.expression = expression;
	}

	/**
	 * Returns the expression.
	 * @return the expression
	 */
	public PolicyExpression expression() {
		return this.expression;
	}

	/**
	 * Evaluates the condition for one call.
	 * @param invocation the call
	 * @return whether the call is guarded
	 * @throws IllegalStateException if the value is null
	 */
	public boolean holds(Invocation invocation) {
		Boolean value = this.expression.evaluate(invocation, Boolean.class);
		if (value == null) {
			throw new IllegalStateException(this.expression.describe() + " is null, not true or false");
		}
		return value;
	}

}
