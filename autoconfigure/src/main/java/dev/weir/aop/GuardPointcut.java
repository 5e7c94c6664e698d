package dev.weir.aop;

import java.lang.reflect.Method;

import org.springframework.aop.ClassFilter;
import org.springframework.aop.support.AopUtils;
import org.springframework.aop.support.StaticMethodMatcherPointcut;

/**
 * Selects the methods that one annotation guards. The class filter uses
 * {@link GuardedClasses}, so that Spring AOP checks the methods of guarded classes only.
 * Spring AOP would match an AspectJ expression against every method of every bean, which
 * doubled the start-up time of small applications.
 */
public final class GuardPointcut extends StaticMethodMatcherPointcut {

	private final GuardAnnotation annotation;

	private final GuardedClasses classes;

	/**
	 * Creates a pointcut.
	 * @param annotation the annotation
	 * @param classes the annotations of classes
	 */
	public GuardPointcut(GuardAnnotation annotation, GuardedClasses classes) {
		this.annotation = annotation;
		this.classes = classes;
		setClassFilter(new Filter(annotation, classes));
	}

	@Override
	public boolean matches(Method method, Class<?> targetClass) {
		return this.classes.isGuarded(this.annotation, AopUtils.getMostSpecificMethod(method, targetClass));
	}

	@Override
	public String toString() {
		return "methods with " + this.annotation;
	}

	/**
	 * Selects the classes that have the annotation and can have a proxy. For a class that
	 * cannot have a proxy, Spring would fail with a message about CGLIB.
	 * {@link GuardedMethodCheck} reports such a class together with all other mistakes.
	 *
	 * @param annotation the annotation
	 * @param classes the annotations of classes
	 */
	private record Filter(GuardAnnotation annotation, GuardedClasses classes) implements ClassFilter {

		@Override
		public boolean matches(Class<?> type) {
			return this.classes.annotationsOf(type).contains(this.annotation) && this.classes.canBeProxied(type);
		}

		/** Returns a part of the key by which Spring finds the class of a proxy. */
		@Override
		public String toString() {
			return "classes with " + this.annotation;
		}

	}

}
