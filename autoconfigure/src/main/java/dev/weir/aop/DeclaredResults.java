package dev.weir.aop;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import dev.weir.policy.expression.Invocation;
import dev.weir.policy.result.ResultKind;

import org.springframework.core.MethodClassKey;

/**
 * Remembers the declared results of guarded methods. A method of a generic class can have
 * another result in each class of beans. Thread-safe.
 */
final class DeclaredResults {

	private final ConcurrentMap<MethodClassKey, DeclaredResult> results = new ConcurrentHashMap<>();

	DeclaredResult of(Invocation call) {
		return this.results.computeIfAbsent(new MethodClassKey(call.getMethod(), call.getTargetClass()),
				(key) -> new DeclaredResult(ResultKind.of(call.getMethod(), call.getTargetClass()),
						ResultKind.declaredType(call.getMethod(), call.getTargetClass()).toClass()));
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
