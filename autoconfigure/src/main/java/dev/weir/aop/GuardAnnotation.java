package dev.weir.aop;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.annotation.RateLimits;
import dev.weir.annotation.RedisTransactional;
import dev.weir.annotation.RunsOnLeader;
import dev.weir.annotation.Semaphore;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.MergedAnnotations;

/**
 * The annotations that guard methods, and the elements on which they have an effect.
 */
public enum GuardAnnotation {

	/** {@link DistributedLock}. */
	DISTRIBUTED_LOCK(DistributedLock.class, null, false),

	/** {@link Semaphore}. */
	SEMAPHORE(Semaphore.class, null, false),

	/**
	 * {@link RateLimited}, which also guards the public methods that an annotated class
	 * declares.
	 */
	RATE_LIMITED(RateLimited.class, RateLimits.class, true),

	/** {@link RunsOnLeader}. */
	RUNS_ON_LEADER(RunsOnLeader.class, null, false),

	/** {@link RedisTransactional}. */
	REDIS_TRANSACTIONAL(RedisTransactional.class, null, false);

	// By name, because Spring MVC and Spring WebFlux can be missing.
	private static final String CONTROLLER = "org.springframework.stereotype.Controller";

	private static final String MAPPING = "org.springframework.web.bind.annotation.RequestMapping";

	private static final String EXCHANGE = "org.springframework.web.service.annotation.HttpExchange";

	private final Class<? extends Annotation> type;

	private final @Nullable Class<? extends Annotation> container;

	private final boolean onClasses;

	GuardAnnotation(Class<? extends Annotation> type, @Nullable Class<? extends Annotation> container,
			boolean onClasses) {
		this.type = type;
		this.container = container;
		this.onClasses = onClasses;
	}

	Class<? extends Annotation> type() {
		return this.type;
	}

	boolean onClasses() {
		return this.onClasses;
	}

	/**
	 * Returns whether an annotation type is this annotation, or the container annotation
	 * for several of them.
	 * @param annotationType the type
	 * @return whether the type is this annotation or its container
	 */
	boolean is(Class<? extends Annotation> annotationType) {
		return annotationType == this.type || annotationType == this.container;
	}

	/**
	 * Returns whether a developer may expect the annotation to have an effect on a
	 * method. This is the case if the annotation is on the method, on the class that
	 * declares the method, or on a method or class that these override or extend.
	 * @param method the method of the class of a bean
	 * @return whether an effect may be expected
	 */
	boolean isExpectedOn(Method method) {
		return isNear(method) || (canInheritFromClass(method) && isNear(method.getDeclaringClass()));
	}

	boolean isNear(AnnotatedElement element) {
		return AnnotatedElementUtils.hasAnnotation(element, this.type)
				|| (this.container != null && AnnotatedElementUtils.hasAnnotation(element, this.container));
	}

	/**
	 * Returns whether the annotation on a class has an effect on a method of this class.
	 * In a controller these are the methods that handle requests, and not those that only
	 * serve them, such as {@code @ModelAttribute} and {@code @ExceptionHandler} methods.
	 * @param method the method
	 * @return whether the annotation on the class has an effect
	 */
	boolean canInheritFromClass(Method method) {
		return this.onClasses && Modifier.isPublic(method.getModifiers()) && !method.isSynthetic()
				&& !Modifier.isStatic(method.getModifiers())
				&& (!isPresent(method.getDeclaringClass(), CONTROLLER) || isHandler(method));
	}

	/**
	 * Returns whether a method of a controller handles requests.
	 * @param method the method
	 * @return whether the method is mapped
	 */
	static boolean isHandler(Method method) {
		return isPresent(method, MAPPING) || isPresent(method, EXCHANGE);
	}

	private static boolean isPresent(AnnotatedElement element, String annotation) {
		return MergedAnnotations.from(element, MergedAnnotations.SearchStrategy.TYPE_HIERARCHY).isPresent(annotation);
	}

	@Override
	public String toString() {
		return "@" + this.type.getSimpleName();
	}

}
