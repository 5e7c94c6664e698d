package dev.weir.policy.expression;

import java.lang.reflect.Method;

import org.jspecify.annotations.Nullable;

/**
 * One call of a guarded method, and the root object of its expressions.
 */
public final class Invocation {

	private final Method method;

	private final Object target;

	private final Class<?> targetClass;

	private final @Nullable Object[] args;

	/**
	 * Creates an invocation.
	 * @param method the method of the target's class
	 * @param target the object behind the proxy
	 * @param targetClass its class
	 * @param args the arguments
	 */
	public Invocation(Method method, Object target, Class<?> targetClass, @Nullable Object[] args) {
		this.method = method;
		this.target = target;
		this.targetClass = targetClass;
		this.args = args;
	}

	public Method getMethod() {
		return this.method;
	}

	public Object getTarget() {
		return this.target;
	}

	public Class<?> getTargetClass() {
		return this.targetClass;
	}

	public @Nullable Object[] getArgs() {
		return this.args;
	}

}
