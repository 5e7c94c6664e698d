package dev.weir.policy.expression;

import org.jspecify.annotations.Nullable;

import org.springframework.expression.Expression;

/**
 * An expression in an attribute of a policy.
 *
 * @param attribute the attribute
 * @param location the class and method, for messages
 * @param expression the expression
 * @param expressions the evaluator of the expression
 */
public record PolicyExpression(String attribute, String location, Expression expression, Expressions expressions) {

	/**
	 * Evaluates the expression for one call.
	 * @param <T> the type of the value
	 * @param invocation the call
	 * @param type the type of the value
	 * @return the value
	 * @throws IllegalStateException if the expression cannot be evaluated for this call
	 */
	public <T> @Nullable T evaluate(Invocation invocation, Class<T> type) {
		try {
			return this.expressions.evaluate(this.expression, invocation, type);
		}
		catch (RuntimeException ex) {
			// Getters and beans can throw anything.
			throw new IllegalStateException(describe() + " cannot be evaluated: " + ex.getMessage()
					+ ". Correct the expression, or pass an argument for which it has a value", ex);
		}
	}

	/**
	 * Evaluates a number for the result of a call.
	 * @param invocation the call
	 * @param result the result of the call
	 * @return the number, {@code null} if the expression has no value for this result
	 */
	public @Nullable Long numberOf(Invocation invocation, @Nullable Object result) {
		try {
			return this.expressions.evaluate(this.expression, invocation, result, Long.class);
		}
		catch (RuntimeException ex) {
			// Many elements of a stream have no such property.
			return null;
		}
	}

	/**
	 * Evaluates a condition for one call.
	 * @param invocation the call
	 * @return whether the condition is true
	 * @throws IllegalStateException if the expression cannot be evaluated for this call,
	 * or if its value is null
	 */
	public boolean holds(Invocation invocation) {
		Boolean value = evaluate(invocation, Boolean.class);
		if (value == null) {
			throw new IllegalStateException(describe() + " is null, not true or false");
		}
		return value;
	}

	/**
	 * Evaluates a number for one call.
	 * @param invocation the call
	 * @param least the lowest valid number
	 * @param most the highest valid number
	 * @return the number
	 * @throws IllegalStateException if the expression cannot be evaluated for that call,
	 * or its value is null, too low or too high
	 */
	public long number(Invocation invocation, long least, long most) {
		Long value = evaluate(invocation, Long.class);
		if (value == null || value < least) {
			throw new IllegalStateException(describe() + " is " + value + ", not a number of at least " + least);
		}
		if (value > most) {
			throw new IllegalStateException(describe() + " is " + value + ", more than " + most);
		}
		return value;
	}

	/**
	 * Returns whether the value depends on the arguments of the call.
	 * @return {@code true} if the value depends on the arguments or may depend on them
	 */
	public boolean needsArguments() {
		return Expressions.needsArguments(this.expression);
	}

	/**
	 * Returns the text of the expression.
	 * @return the text
	 */
	public String text() {
		return this.expression.getExpressionString();
	}

	/**
	 * Describes the value of the expression for messages.
	 * @return the attribute, the expression and the location
	 */
	public String describe() {
		return "The value of " + this.attribute + " = \"" + this.expression.getExpressionString() + "\" of "
				+ this.location;
	}

}
