package dev.weir.policy;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.List;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.OnLost;
import dev.weir.lease.OnUnavailable;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.AnnotatedElementUtils;

/**
 * What an annotation of either kind says, as it was written.
 *
 * @param name the name of the policy
 * @param key the expression of the only key
 * @param keys the expressions of several keys
 * @param limit how many may hold a lease at a time, 0 if that is said elsewhere
 * @param limitExpression the expression of that limit
 * @param timeout the longest that one caller may hold a lease
 * @param waitTime how long to wait
 * @param condition the expression of the condition
 * @param fenced whether a fencing token is minted
 * @param onUnavailable what to do when Redis does not answer, one value at most
 * @param onLost what to do when a lease was lost, one value at most
 * @param fallback the name of the fallback method
 */
record LeaseAnnotation(String name, String key, List<String> keys, int limit, String limitExpression, String timeout,
		String waitTime, String condition, boolean fenced, List<OnUnavailable> onUnavailable, List<OnLost> onLost,
		String fallback) {

	static Class<? extends Annotation> type(LeaseKind kind) {
		return (kind == LeaseKind.LOCK) ? DistributedLock.class : Semaphore.class;
	}

	/**
	 * Finds the annotation of a kind on a method.
	 * @param kind the kind
	 * @param method the method
	 * @return what it says, {@code null} if there is none
	 */
	static @Nullable LeaseAnnotation find(LeaseKind kind, Method method) {
		return (kind == LeaseKind.LOCK) ? of(AnnotatedElementUtils.findMergedAnnotation(method, DistributedLock.class))
				: of(AnnotatedElementUtils.findMergedAnnotation(method, Semaphore.class));
	}

	private static @Nullable LeaseAnnotation of(@Nullable DistributedLock lock) {
		if (lock == null) {
			return null;
		}
		return new LeaseAnnotation(lock.name(), lock.key(), List.of(lock.keys()), 1, "", lock.timeout(),
				lock.waitTime(), lock.condition(), lock.fenced(), List.of(lock.onUnavailable()), List.of(lock.onLost()),
				lock.fallback());
	}

	private static @Nullable LeaseAnnotation of(@Nullable Semaphore semaphore) {
		if (semaphore == null) {
			return null;
		}
		return new LeaseAnnotation(semaphore.name(), semaphore.key(), List.of(), semaphore.limit(),
				semaphore.limitExpression(), semaphore.timeout(), semaphore.waitTime(), semaphore.condition(), false,
				List.of(semaphore.onUnavailable()), List.of(semaphore.onLost()), semaphore.fallback());
	}

}
