package dev.weir.policy.result;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;

/**
 * The results of methods that did not run.
 */
public final class EmptyResult {

	private static final Map<Class<?>, Object> OPTIONALS = Map.of(Optional.class, Optional.empty(), OptionalInt.class,
			OptionalInt.empty(), OptionalLong.class, OptionalLong.empty(), OptionalDouble.class,
			OptionalDouble.empty());

	private EmptyResult() {
	}

	/**
	 * Returns whether a method with a return type can return an empty result.
	 * @param type the return type
	 * @return {@code false} for primitive types, which have no empty value
	 */
	public static boolean exists(Class<?> type) {
		return type == void.class || !type.isPrimitive();
	}

	/**
	 * Returns the empty result of a return type.
	 * @param type the return type, for which an empty result {@linkplain #exists exists}
	 * @return the result, {@code null} if the type has no empty value
	 */
	public static @Nullable Object of(Class<?> type) {
		if (CompletionStage.class.isAssignableFrom(type)) {
			return CompletableFuture.completedFuture(null);
		}
		Object optional = OPTIONALS.get(type);
		if (optional != null) {
			return optional;
		}
		ReactiveAdapter adapter = (type != Object.class) ? ReactiveAdapterRegistry.getSharedInstance().getAdapter(type)
				: null;
		return (adapter != null && adapter.supportsEmpty()) ? adapter.getDescriptor().getEmptyValue() : null;
	}

}
