package dev.weir.aop;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.annotation.RateLimits;
import dev.weir.annotation.RedisTransactional;
import dev.weir.annotation.Semaphore;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.AnnotatedElementUtils;

/**
 * The annotations that guard methods, and where each of them takes effect.
 */
public enum GuardAnnotation {

	/** {@link DistributedLock}. */
	DISTRIBUTED_LOCK(DistributedLock.class, null, false),

	/** {@link Semaphore}. */
	SEMAPHORE(Semaphore.class, null, false),

	/**
	 * {@link RateLimited}, which also guards all public methods of an annotated class.
	 */
	RATE_LIMITED(RateLimited.class, RateLimits.class, true),

	/** {@link RedisTransactional}. */
	REDIS_TRANSACTIONAL(RedisTransactional.class, null, false);

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
	 * Whether an annotation type is this annotation or the container that repeats it.
	 * @param annotationType the type
	 * @return whether it is
	 */
	boolean is(Class<? extends Annotation> annotationType) {
		return annotationType == this.type || annotationType == this.container;
	}

	/**
	 * Whether the annotation is on a method, on the class that declares it, or on a
	 * method or class that these override or extend: where a developer may expect it to
	 * have an effect.
	 * @param method the method of the class of a bean
	 * @return whether it is
	 */
	boolean isExpectedOn(Method method) {
		return isNear(method) || (canInheritFromClass(method) && isNear(method.getDeclaringClass()));
	}

	boolean isNear(AnnotatedElement element) {
		return AnnotatedElementUtils.hasAnnotation(element, this.type)
				|| (this.container != null && AnnotatedElementUtils.hasAnnotation(element, this.container));
	}

	/**
	 * Whether the annotation has an effect on a method if it is on its class.
	 * @param method the method
	 * @return whether it has
	 */
	boolean canInheritFromClass(Method method) {
		return this.onClasses && Modifier.isPublic(method.getModifiers()) && !method.isSynthetic()
				&& !Modifier.isStatic(method.getModifiers());
	}

	@Override
	public String toString() {
		return "@" + this.type.getSimpleName();
	}

}
