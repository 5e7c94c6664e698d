package dev.weir.aop;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

import dev.weir.core.Log;

import org.springframework.util.ClassUtils;
import org.springframework.util.ConcurrentReferenceHashMap;
import org.springframework.util.ReflectionUtils;

/**
 * Finds the annotations of Weir on classes, on their methods and on their supertypes.
 * Reads each class and interface once, and only its annotations, because an application
 * checks the class of each bean and nearly all classes have none. Thread-safe.
 */
public final class GuardedClasses {

	private static final Log logger = Log.of(GuardedClasses.class);

	private static final Set<GuardAnnotation> NONE = Collections.unmodifiableSet(EnumSet.noneOf(GuardAnnotation.class));

	private final BooleanSupplier classProxies;

	/** The annotations on a class or interface and on the methods that it declares. */
	private final Map<Class<?>, Set<GuardAnnotation>> declared = new ConcurrentReferenceHashMap<>();

	/** The annotations on a class and on all types that it extends and implements. */
	private final Map<Class<?>, Set<GuardAnnotation>> related = new ConcurrentReferenceHashMap<>();

	/** The annotations of Weir that an annotation is, or is composed of. */
	private final Map<Class<? extends Annotation>, Set<GuardAnnotation>> meanings = new ConcurrentHashMap<>();

	/**
	 * Creates an instance.
	 * @param classProxies the supplier that returns whether Spring AOP creates proxies as
	 * subclasses, even for beans that implement interfaces
	 */
	public GuardedClasses(BooleanSupplier classProxies) {
		this.classProxies = classProxies;
	}

	/**
	 * Returns the annotations on a class, on its methods, and on the types and methods
	 * that these extend, implement or override.
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
	 * Returns whether an aspect guards a method. The annotation, or a composed
	 * annotation, must be on the method itself, or on the class that declares the method
	 * if the annotation has an effect there.
	 * @param annotation the annotation
	 * @param method the method of the class of a bean
	 * @return whether the method is guarded
	 */
	boolean isGuarded(GuardAnnotation annotation, Method method) {
		return isOn(annotation, method)
				|| (annotation.canInheritFromClass(method) && isOn(annotation, method.getDeclaringClass()));
	}

	/**
	 * Returns the public methods that an annotated class inherits from a class without
	 * the annotation: the annotation does not guard them.
	 * @param annotation the annotation
	 * @param type the class of a bean
	 * @return the methods, none if the annotation is not on the class
	 */
	List<Method> leftOut(GuardAnnotation annotation, Class<?> type) {
		if (!annotation.onClasses() || !isOn(annotation, type)) {
			return List.of();
		}
		return Stream.of(type.getMethods())
			.filter((method) -> method.getDeclaringClass() != Object.class && !method.getDeclaringClass().isInterface()
					&& !method.isSynthetic() && !Modifier.isStatic(method.getModifiers()))
			.filter((method) -> method.getDeclaringClass() != type && !isGuarded(annotation, method))
			.sorted(Comparator.comparing(Method::toGenericString))
			.toList();
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
	 * Returns whether Spring AOP can create a proxy of a class. A proxy cannot extend a
	 * final class.
	 * @param type the class of a bean
	 * @return whether the class can have a proxy
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
