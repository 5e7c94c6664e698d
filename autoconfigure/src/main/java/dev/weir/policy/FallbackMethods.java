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
 * The fallback methods of a guarded method. The type of the last parameter determines
 * which failures a fallback method handles.
 */
public final class FallbackMethods {

	/** Sorted by exception type, the most specific type first. */
	private final List<Method> methods;

	private FallbackMethods(List<Method> methods) {
		this.methods = methods;
	}

	/**
	 * Finds the fallback methods.
	 * @param guarded the guarded method
	 * @param name the name of the fallback
	 * @param location the class and method, for messages
	 * @param failure the common type of all failures of guarded calls
	 * @return the methods
	 * @throws InvalidPolicyException if the class has no such method, or if a method of
	 * that name has the wrong parameters or the wrong return type
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
					methods.isEmpty() ? "the class has no such method"
							: "a method of that name has the wrong parameters or the wrong return type",
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

	/**
	 * Returns whether no method handles anything other than a failure.
	 * @param failure the type of the failure
	 * @return whether all methods take exactly this type
	 */
	boolean takesOnly(Class<? extends RuntimeException> failure) {
		return this.methods.stream().allMatch((method) -> failureType(method) == failure);
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
	 * Calls the fallback method for a failure.
	 * @param invocation the guarded call
	 * @param failure the reason why the call could not run, or the loss of its lease
	 * @return the result
	 * @throws Throwable if the fallback method throws it; the failure itself if no method
	 * handles it
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
		// An interrupt asks the thread to stop its work. Only a fallback method that
		// declares exactly this exception handles it.
		return (failure instanceof LeaseInterruptedException) ? type == LeaseInterruptedException.class
				: type.isInstance(failure);
	}

}
