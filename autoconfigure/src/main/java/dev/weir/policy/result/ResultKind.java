package dev.weir.policy.result;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.BaseStream;
import java.util.stream.Stream;

import dev.weir.lease.engine.LeaseTemplate;
import org.jspecify.annotations.Nullable;

import org.springframework.core.GenericTypeResolver;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.ResolvableType;
import org.springframework.http.HttpEntity;
import org.springframework.util.ClassUtils;

/**
 * Describes when the work behind a result ends. This class decides it for all guards: by
 * the declared type before a call, and by the returned value after the call.
 */
public enum ResultKind {

	/** The work ends when the call returns. */
	PLAIN,

	/** The work ends when the returned {@link CompletionStage} has completed. */
	STAGE,

	/** The work ends when a subscription of the returned reactive type ends. */
	REACTIVE,

	/** The work ends when the request that Spring MVC handles asynchronously is over. */
	REQUEST,

	/** Weir cannot detect when the work ends. */
	UNKNOWN;

	/** Without Reactor, Weir cannot follow subscriptions, not even of other types. */
	public static final boolean REACTOR_PRESENT = ClassUtils.isPresent("reactor.core.publisher.Flux",
			ResultKind.class.getClassLoader());

	/** Types whose work Spring MVC runs, or awaits, after the method has returned. */
	private static final Set<String> REQUEST_TYPES = Set.of("java.util.concurrent.Callable",
			"org.springframework.web.context.request.async.DeferredResult",
			"org.springframework.web.context.request.async.WebAsyncTask",
			"org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter",
			"org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody");

	/** Types whose work has no end that Weir could detect. */
	private static final Set<String> UNKNOWN_TYPES = Set.of("kotlinx.coroutines.flow.Flow", BaseStream.class.getName());

	private static final int MAX_DEPTH = 4;

	private static final ClassValue<ResultKind> BY_CLASS = new ClassValue<>() {

		@Override
		protected ResultKind computeValue(Class<?> type) {
			return ofClass(type);
		}

	};

	private static final ClassValue<Boolean> ENTITIES = new ClassValue<>() {

		@Override
		protected Boolean computeValue(Class<?> type) {
			return isA(type, Set.of("org.springframework.http.HttpEntity"));
		}

	};

	private static final String CONTINUATION = "kotlin.coroutines.Continuation";

	/**
	 * Returns when the work of a method ends, by its declared return type.
	 * @param method the method
	 * @param beanClass the class of the bean, which determines the type variables of the
	 * method's class
	 * @return the kind of the result
	 */
	public static ResultKind of(Method method, Class<?> beanClass) {
		return isSuspending(method) ? UNKNOWN : of(declaredType(method, beanClass));
	}

	/**
	 * Returns the declared return type of a method.
	 * @param method the method
	 * @param beanClass the class of the bean
	 * @return the type, as far as it is known
	 */
	public static ResolvableType declaredType(Method method, Class<?> beanClass) {
		ResolvableType type = ResolvableType.forMethodReturnType(method, beanClass);
		return (type.resolve() != null) ? type
				: ResolvableType.forClass(GenericTypeResolver.resolveReturnType(method, beanClass));
	}

	/**
	 * Returns whether a method is a suspending function of Kotlin.
	 * @param method the method
	 * @return whether the method is a suspending function
	 */
	public static boolean isSuspending(Method method) {
		Class<?>[] parameters = method.getParameterTypes();
		return parameters.length > 0 && parameters[parameters.length - 1].getName().equals(CONTINUATION);
	}

	/**
	 * Returns when the work behind a value ends that a call has returned.
	 * @param value the value
	 * @return the kind of the result; {@link #PLAIN} for a future that is done
	 */
	public static ResultKind ofValue(@Nullable Object value) {
		if (value == null) {
			return PLAIN;
		}
		if (value instanceof CompletionStage) {
			// Other stages may not support the methods of a future.
			return (value.getClass() == CompletableFuture.class && ((CompletableFuture<?>) value).isDone()) ? PLAIN
					: STAGE;
		}
		if (value instanceof Future<?> future && future.isDone()) {
			return PLAIN;
		}
		return ENTITIES.get(value.getClass()) ? ofBody(ofValue(Response.body(value))) : BY_CLASS.get(value.getClass());
	}

	/**
	 * Finds out when the work behind a value ends that a call has returned.
	 * @param <T> the type of the value
	 * @param value the value
	 * @param location the supplier of the call's name, for the message
	 * @return the end of the work
	 * @throws IllegalStateException if Weir cannot detect the end
	 */
	public static <T extends @Nullable Object> LeaseTemplate.Ending<T> endingOf(T value, Supplier<String> location) {
		return switch (ofValue(value)) {
			case PLAIN -> LeaseTemplate.Ending.atReturn(value);
			case STAGE -> new LeaseTemplate.Ending<>(value, (CompletionStage<?>) value);
			case REQUEST -> RequestEnd.ofCurrentRequest(location.get()).endingOf(value);
			case REACTIVE, UNKNOWN -> throw new IllegalStateException(location.get() + " returned "
					+ ((value != null) ? value.getClass().getName() : null)
					+ ", and Weir cannot detect when the work behind this result ends. Declare a reactive type as the "
					+ "return type of a guarded method, and return a CompletionStage in place of other futures");
		};
	}

	static ResultKind of(ResolvableType type) {
		return of(type, 0);
	}

	private static ResultKind of(ResolvableType type, int depth) {
		ResultKind outer = BY_CLASS.get(type.toClass());
		// A type variable can refer to itself.
		ResolvableType[] generics = (depth < MAX_DEPTH) ? type.getGenerics() : new ResolvableType[0];
		List<ResultKind> inside = Arrays.stream(generics)
			.map((generic) -> of(generic, depth + 1))
			.filter((kind) -> kind != PLAIN)
			.toList();
		if (ENTITIES.get(type.toClass())) {
			return inside.isEmpty() ? PLAIN : ofBody(inside.get(0));
		}
		return switch (outer) {
			case REQUEST -> REQUEST;
			// Nothing runs the callables of a collection.
			case PLAIN -> inside.stream().allMatch((kind) -> kind == REQUEST) ? PLAIN : UNKNOWN;
			default -> inside.isEmpty() ? outer : UNKNOWN;
		};
	}

	// Spring MVC waits for the body of a response, even if the body ends later.
	private static ResultKind ofBody(ResultKind body) {
		return (body == PLAIN || body == UNKNOWN) ? body : REQUEST;
	}

	private static ResultKind ofClass(Class<?> type) {
		if (type == CompletionStage.class || type == CompletableFuture.class) {
			return STAGE;
		}
		if (Future.class.isAssignableFrom(type) || CompletionStage.class.isAssignableFrom(type)
				|| isA(type, UNKNOWN_TYPES)) {
			return UNKNOWN;
		}
		if (type != Object.class && ReactiveAdapterRegistry.getSharedInstance().getAdapter(type) != null) {
			// Some reactive types are a Callable, too.
			return REACTOR_PRESENT ? REACTIVE : UNKNOWN;
		}
		return isA(type, REQUEST_TYPES) ? REQUEST : PLAIN;
	}

	private static boolean isA(@Nullable Class<?> type, Set<String> names) {
		return type != null && (names.contains(type.getName()) || isA(type.getSuperclass(), names)
				|| Stream.of(type.getInterfaces()).anyMatch((parent) -> isA(parent, names)));
	}

	/**
	 * Reads responses. This class is separate, so that Spring Web can be missing.
	 */
	private static final class Response {

		static @Nullable Object body(Object entity) {
			return ((HttpEntity<?>) entity).getBody();
		}

	}

}
