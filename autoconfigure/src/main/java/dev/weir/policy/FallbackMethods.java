package dev.weir.policy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.weir.lease.LeaseInterruptedException;
import dev.weir.policy.expression.Invocation;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ReflectionUtils;

/**
 * The methods that can stand in for a guarded one, told apart by the exception that they
 * take last.
 */
public final class FallbackMethods {

	/** The most specific exception first. */
	private final List<Method> methods;

	private FallbackMethods(List<Method> methods) {
		this.methods = methods;
	}

	/**
	 * Finds the methods.
	 * @param guarded the guarded method
	 * @param name the name of the fallback
	 * @param location the class and method, for messages
	 * @param failure what all failures of guarded calls have in common
	 * @return the methods
	 * @throws InvalidPolicyException if none or not all of that name fit
	 */
	static FallbackMethods find(Method guarded, String name, String location,
			Class<? extends RuntimeException> failure) {
		List<Method> methods = Arrays.stream(ReflectionUtils.getUniqueDeclaredMethods(guarded.getDeclaringClass()))
			.filter((method) -> method.getName().equals(name) && !method.isBridge() && !method.equals(guarded))
			.filter((method) -> takes(failure, method))
			.sorted(Comparator.comparingInt((method) -> -depth(failureType(method))))
			.toList();
		if (methods.isEmpty() || !methods.stream().allMatch((method) -> fits(method, guarded))) {
			String parameters = Stream.concat(Arrays.stream(guarded.getParameterTypes()), Stream.of(failure))
				.map(Class::getSimpleName)
				.collect(Collectors.joining(", "));
			throw new InvalidPolicyException(new PolicyMistake(location, "fallback = \"" + name + "\"",
					methods.isEmpty() ? "the class has no such method" : "the method of that name does not fit",
					"Declare " + guarded.getReturnType().getSimpleName() + " " + name + "(" + parameters
							+ ") in the same class, or with a subclass of " + failure.getSimpleName()
							+ " as its last parameter"));
		}
		methods.forEach(ReflectionUtils::makeAccessible);
		return new FallbackMethods(methods);
	}

	private static boolean takes(Class<? extends RuntimeException> failure, Method method) {
		return method.getParameterCount() > 0 && failureType(method) != Object.class
				&& (failure.isAssignableFrom(failureType(method)) || failureType(method).isAssignableFrom(failure));
	}

	private static Class<?> failureType(Method method) {
		return method.getParameterTypes()[method.getParameterCount() - 1];
	}

	private static int depth(Class<?> type) {
		Class<?> parent = type.getSuperclass();
		return (parent != null) ? 1 + depth(parent) : 0;
	}

	private static boolean fits(Method method, Method guarded) {
		Class<?>[] parameters = method.getParameterTypes();
		return Arrays.equals(Arrays.copyOf(parameters, parameters.length - 1), guarded.getParameterTypes())
				&& guarded.getReturnType().isAssignableFrom(method.getReturnType());
	}

	/**
	 * Calls the method for a failure.
	 * @param invocation the guarded call
	 * @param failure why it could not run, or what it lost
	 * @return the result
	 * @throws Throwable what the method throws, or the failure if no method takes it
	 */
	public @Nullable Object call(Invocation invocation, RuntimeException failure) throws Throwable {
		for (Method method : this.methods) {
			if (handles(method, failure)) {
				@Nullable Object[] args = invocation.getArgs();
				@Nullable Object[] all = Arrays.copyOf(args, args.length + 1);
				all[args.length] = failure;
				try {
					return method.invoke(invocation.getTarget(), all);
				}
				catch (InvocationTargetException ex) {
					throw ex.getTargetException();
				}
			}
		}
		throw failure;
	}

	private static boolean handles(Method method, RuntimeException failure) {
		Class<?> type = failureType(method);
		// Somebody wants the thread to end what it does: only who asks for that by name
		// goes on.
		return (failure instanceof LeaseInterruptedException) ? type == LeaseInterruptedException.class
				: type.isInstance(failure);
	}

}
