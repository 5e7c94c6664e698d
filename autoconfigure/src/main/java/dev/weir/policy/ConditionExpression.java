package dev.weir.policy;

import org.springframework.expression.Expression;

/**
 * Decides for each call whether it is guarded.
 */
public final class ConditionExpression {

	private final Expression expression;

	private final Expressions expressions;

	private final String place;

	ConditionExpression(Expression expression, Expressions expressions, String place) {
		this.expression = expression;
		this.expressions = expressions;
		this.place = place;
	}

	/**
	 * Evaluates the condition for one call.
	 * @param invocation the call
	 * @return whether the call is guarded
	 * @throws IllegalStateException if the value is null
	 */
	public boolean holds(Invocation invocation) {
		Boolean value = this.expressions.evaluate(this.expression, invocation, Boolean.class);
		if (value == null) {
			throw new IllegalStateException("The value of condition = \"" + this.expression.getExpressionString()
					+ "\" of " + this.place + " is null, not true or false");
		}
		return value;
	}

}
