package dev.weir.aop;

import java.lang.reflect.Method;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import dev.weir.policy.expression.Invocation;
import dev.weir.policy.result.ResultKind;

/**
 * Remembers the declared results of guarded methods. A method of a generic class can have
 * another result in each class of beans. Thread-safe.
 */
final class DeclaredResults {

	private final Map<Class<?>, Map<Method, DeclaredResult>> results = new ConcurrentHashMap<>();

	DeclaredResult of(Invocation call) {
		Map<Method, DeclaredResult> ofClass = this.results.get(call.getTargetClass());
		DeclaredResult known = (ofClass != null) ? ofClass.get(call.getMethod()) : null;
		return (known != null) ? known : read(call.getTargetClass(), call.getMethod());
	}

	private DeclaredResult read(Class<?> beanClass, Method method) {
		return this.results.computeIfAbsent(beanClass, (added) -> new ConcurrentHashMap<>())
			.computeIfAbsent(method, (added) -> new DeclaredResult(ResultKind.of(method, beanClass),
					ResultKind.declaredType(method, beanClass).toClass()));
	}

	/**
	 * The declared result of a method.
	 *
	 * @param kind describes when the work behind the result ends
	 * @param type its type
	 */
	record DeclaredResult(ResultKind kind, Class<?> type) {

	}

}
