package dev.weir.aop;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.util.ClassUtils;
import org.springframework.util.ConcurrentReferenceHashMap;
import org.springframework.util.ReflectionUtils;

/**
 * Finds out which annotations of Weir a class has anything to do with. Looks at each
 * class and interface once and at nothing but its annotations, because an application
 * asks for the class of each of its beans, and nearly all of them have none. Thread-safe.
 */
public final class GuardedClasses {

	private static final Logger logger = LoggerFactory.getLogger(GuardedClasses.class);

	private static final Set<GuardAnnotation> NONE = Collections.unmodifiableSet(EnumSet.noneOf(GuardAnnotation.class));

	private final BooleanSupplier classProxies;

	/** What is on a class or interface and the methods that it declares. */
	private final Map<Class<?>, Set<GuardAnnotation>> declared = new ConcurrentReferenceHashMap<>();

	/** What is on a class, and on all that it extends and implements. */
	private final Map<Class<?>, Set<GuardAnnotation>> related = new ConcurrentReferenceHashMap<>();

	/** What an annotation is, or is composed of. */
	private final Map<Class<? extends Annotation>, Set<GuardAnnotation>> meanings = new ConcurrentHashMap<>();

	/**
	 * Creates an instance.
	 * @param classProxies whether Spring AOP makes proxies by subclasses, even of beans
	 * that implement interfaces
	 */
	public GuardedClasses(BooleanSupplier classProxies) {
		this.classProxies = classProxies;
	}

	/**
	 * Returns the annotations that are on a class, its methods, or on those that it
	 * extends, implements or overrides.
	 * @param type the class of a bean
	 * @return the annotations, nearly always none
	 */
	Set<GuardAnnotation> annotationsOf(Class<?> type) {
		Class<?> userClass = ClassUtils.getUserClass(type);
		Set<GuardAnnotation> known = this.related.get(userClass);
		if (known != null) {
			return known;
		}
		Set<GuardAnnotation> found = EnumSet.noneOf(GuardAnnotation.class);
		for (Class<?> part = userClass; part != null && part != Object.class; part = part.getSuperclass()) {
			found.addAll(declaredBy(part));
		}
		for (Class<?> part : ClassUtils.getAllInterfacesForClassAsSet(userClass)) {
			found.addAll(declaredBy(part));
		}
		Set<GuardAnnotation> result = found.isEmpty() ? NONE : Collections.unmodifiableSet(found);
		this.related.put(userClass, result);
		return result;
	}

	/**
	 * Whether an aspect guards a method: its annotation, or a composed one, is on the
	 * method itself or, where that has an effect, on the class that declares it.
	 * @param annotation the annotation
	 * @param method the method of the class of a bean
	 * @return whether it is guarded
	 */
	boolean isGuarded(GuardAnnotation annotation, Method method) {
		return isOn(annotation, method)
				|| (annotation.canInheritFromClass(method) && isOn(annotation, method.getDeclaringClass()));
	}

	private boolean isOn(GuardAnnotation annotation, AnnotatedElement element) {
		for (Annotation present : element.getDeclaredAnnotations()) {
			if (meaning(present.annotationType()).contains(annotation)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Whether Spring AOP can make a proxy of a class. It cannot extend a final class.
	 * @param type the class of a bean
	 * @return whether it can
	 */
	boolean canBeProxied(Class<?> type) {
		return !Modifier.isFinal(type.getModifiers())
				|| (type.getInterfaces().length > 0 && !this.classProxies.getAsBoolean());
	}

	private Set<GuardAnnotation> declaredBy(Class<?> type) {
		if (type.getName().startsWith("java.")) {
			return NONE;
		}
		return this.declared.computeIfAbsent(type, this::read);
	}

	private Set<GuardAnnotation> read(Class<?> type) {
		Set<GuardAnnotation> found = EnumSet.noneOf(GuardAnnotation.class);
		try {
			read(type, found);
			for (Method method : ReflectionUtils.getDeclaredMethods(type)) {
				read(method, found);
			}
		}
		catch (IllegalStateException | LinkageError ex) {
			// The class needs a library that is missing, so its methods cannot be called
			// either.
			logger.debug("The methods of {} are not known", type.getName(), ex);
		}
		return found.isEmpty() ? NONE : found;
	}

	private void read(AnnotatedElement element, Set<GuardAnnotation> found) {
		for (Annotation annotation : element.getDeclaredAnnotations()) {
			found.addAll(meaning(annotation.annotationType()));
		}
	}

	private Set<GuardAnnotation> meaning(Class<? extends Annotation> type) {
		Set<GuardAnnotation> known = this.meanings.get(type);
		if (known == null) {
			known = EnumSet.noneOf(GuardAnnotation.class);
			collect(type, known, new HashSet<>());
			this.meanings.put(type, known);
		}
		return known;
	}

	private static void collect(Class<? extends Annotation> type, Set<GuardAnnotation> found, Set<Class<?>> seen) {
		if (type.getName().startsWith("java.") || !seen.add(type)) {
			return;
		}
		for (GuardAnnotation candidate : GuardAnnotation.values()) {
			if (candidate.is(type)) {
				found.add(candidate);
			}
		}
		for (Annotation composed : type.getDeclaredAnnotations()) {
			collect(composed.annotationType(), found, seen);
		}
	}

}
