package dev.weir.aop;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.ResolvableType;
import org.springframework.util.ClassUtils;

/**
 * Describes when the work of a method ends, by its declared return type.
 */
enum ResultKind {

	/** The work ends when the method returns. */
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
	static final boolean REACTOR_PRESENT = ClassUtils.isPresent("reactor.core.publisher.Flux",
			ResultKind.class.getClassLoader());

	/** Types whose work Spring MVC runs, or awaits, after the method has returned. */
	private static final Set<String> REQUEST_TYPES = Set.of("java.util.concurrent.Callable",
			"org.springframework.web.context.request.async.DeferredResult",
			"org.springframework.web.context.request.async.WebAsyncTask",
			"org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter",
			"org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody");

	/** Types of Spring MVC that wrap the actual result. */
	private static final Set<String> WRAPPERS = Set.of("org.springframework.http.HttpEntity");

	private static final String FLOW = "kotlinx.coroutines.flow.Flow";

	private static final String CONTINUATION = "kotlin.coroutines.Continuation";

	static ResultKind of(Method method) {
		return isSuspending(method) ? UNKNOWN : of(ResolvableType.forMethodReturnType(method));
	}

	/**
	 * Returns whether a method is a suspending function of Kotlin.
	 * @param method the method
	 * @return whether the method is a suspending function
	 */
	static boolean isSuspending(Method method) {
		Class<?>[] parameters = method.getParameterTypes();
		return parameters.length > 0 && parameters[parameters.length - 1].getName().equals(CONTINUATION);
	}

	private static ResultKind of(ResolvableType type) {
		ResultKind outer = of(type.toClass());
		ResultKind inner = isA(type.toClass(), WRAPPERS) ? wrapped(type) : PLAIN;
		if (outer == PLAIN) {
			// Spring MVC waits for the body of a response, even if the body ends later.
			return (inner == PLAIN || inner == UNKNOWN) ? inner : REQUEST;
		}
		boolean lateInside = Arrays.stream(type.getGenerics()).anyMatch((generic) -> of(generic) != PLAIN);
		return (lateInside && outer != REQUEST) ? UNKNOWN : outer;
	}

	private static ResultKind wrapped(ResolvableType type) {
		ResolvableType body = type.getGeneric();
		return (body == ResolvableType.NONE) ? PLAIN : of(body);
	}

	private static ResultKind of(Class<?> type) {
		if (type == CompletionStage.class || type == CompletableFuture.class) {
			return STAGE;
		}
		if (isA(type, REQUEST_TYPES)) {
			return REQUEST;
		}
		if (Future.class.isAssignableFrom(type) || CompletionStage.class.isAssignableFrom(type)
				|| isA(type, Set.of(FLOW))) {
			return UNKNOWN;
		}
		if (type == Object.class || ReactiveAdapterRegistry.getSharedInstance().getAdapter(type) == null) {
			return PLAIN;
		}
		return REACTOR_PRESENT ? REACTIVE : UNKNOWN;
	}

	private static boolean isA(Class<?> type, Set<String> names) {
		Stream<Class<?>> parents = Stream.iterate(type, (parent) -> parent != null, Class::getSuperclass);
		return Stream.concat(parents, ClassUtils.getAllInterfacesForClassAsSet(type).stream())
			.anyMatch((candidate) -> names.contains(candidate.getName()));
	}

}
