package dev.weir.policy;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;

import org.springframework.util.ClassUtils;

/**
 * The guarded methods that were found when the application started. Thread-safe.
 */
public final class GuardedMethods {

	private final Map<Class<? extends Annotation>, Set<Method>> methods = new ConcurrentHashMap<>();

	/**
	 * Returns the location of a method for messages.
	 * @param method the method
	 * @return the class and the method
	 */
	public static String location(Method method) {
		return ClassUtils.getQualifiedMethodName(method, ClassUtils.getUserClass(method.getDeclaringClass()));
	}

	/**
	 * Adds a method.
	 * @param annotation the annotation that guards the method
	 * @param method the method
	 */
	public void add(Class<? extends Annotation> annotation, Method method) {
		this.methods.computeIfAbsent(annotation, (added) -> new CopyOnWriteArraySet<>()).add(method);
	}

	/**
	 * Returns the methods that an annotation guards.
	 * @param annotation the annotation
	 * @return the methods
	 */
	public List<Method> of(Class<? extends Annotation> annotation) {
		return List.copyOf(this.methods.getOrDefault(annotation, Set.of()));
	}

	/**
	 * Returns whether no method is guarded.
	 * @return whether there is no guarded method
	 */
	public boolean isEmpty() {
		return this.methods.isEmpty();
	}

}
