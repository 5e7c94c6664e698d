package dev.weir.policy;

/**
 * Decides for each call whether it is guarded.
 */
public final class ConditionExpression {

	private final PolicyExpression expression;

	ConditionExpression(PolicyExpression expression) {
		this.expression = expression;
	}

	PolicyExpression expression() {
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
