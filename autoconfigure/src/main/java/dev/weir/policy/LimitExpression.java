package dev.weir.policy;

import org.springframework.expression.Expression;

/**
 * Says for each call how many may hold a lease at a time.
 */
public final class LimitExpression {

	private final Expression expression;

	private final Expressions expressions;

	private final String place;

	LimitExpression(Expression expression, Expressions expressions, String place) {
		this.expression = expression;
		this.expressions = expressions;
		this.place = place;
	}

	/**
	 * Evaluates the limit for one call.
	 * @param invocation the call
	 * @return the limit
	 * @throws IllegalStateException if the value is null or below 1
	 */
	public int evaluate(Invocation invocation) {
		Integer value = this.expressions.evaluate(this.expression, invocation, Integer.class);
		if (value == null || value < 1) {
			throw new IllegalStateException("The value of limitExpression = \"" + this.expression.getExpressionString()
					+ "\" of " + this.place + " is " + value + ", not a limit of at least 1");
		}
		return value;
	}

}
