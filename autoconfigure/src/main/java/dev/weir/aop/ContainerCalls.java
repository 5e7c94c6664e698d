package dev.weir.aop;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.Aware;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.util.ClassUtils;
import org.springframework.util.ObjectUtils;

/**
 * Finds the methods that the container, or a post-processor, calls on the object itself,
 * not on its proxy.
 */
final class ContainerCalls {

	private static final Set<String> LIFECYCLE = Set.of("jakarta.annotation.PostConstruct",
			"jakarta.annotation.PreDestroy");

	private static final Set<String> INJECTION = Set.of("org.springframework.beans.factory.annotation.Autowired",
			"org.springframework.beans.factory.annotation.Value", "jakarta.inject.Inject",
			"jakarta.annotation.Resource");

	private static final String SCHEDULED = "org.springframework.scheduling.annotation.Scheduled";

	/** Spring calls these listeners on the bean, not on the object itself. */
	private static final Set<String> LISTENERS_ON_THE_PROXY = Set.of("EventListener", "TransactionalEventListener");

	/** The names of methods that Spring infers to be destroy methods. */
	private static final Set<String> CLOSING = Set.of("close", "shutdown");

	private ContainerCalls() {
	}

	/**
	 * Describes a method that the container calls on the object itself.
	 * @param method the method
	 * @param type the class of the bean
	 * @param beanName the name of the bean
	 * @param definition the definition of the bean, {@code null} if there is none
	 * @return the description, {@code null} if the container does not call the method
	 */
	static @Nullable String describe(Method method, Class<?> type, String beanName,
			@Nullable BeanDefinition definition) {
		MergedAnnotations annotations = MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY);
		for (String name : LIFECYCLE) {
			if (annotations.isPresent(name)) {
				return "a @" + ClassUtils.getShortName(name) + " method";
			}
		}
		for (Annotation annotation : method.getDeclaredAnnotations()) {
			if (INJECTION.contains(annotation.annotationType().getName())) {
				return "a method with @" + annotation.annotationType().getSimpleName();
			}
		}
		if (isDeclaredBy(Aware.class, method, type)) {
			return "the method " + method.getName() + " of an Aware interface";
		}
		if (isDeclaredBy(InitializingBean.class, method, type) || isDeclaredBy(DisposableBean.class, method, type)) {
			return "the lifecycle method " + method.getName() + "()";
		}
		return (definition != null && method.getParameterCount() == 0 && isInitOrDestroy(method, type, definition))
				? "the init or destroy method of the bean '" + beanName + "'" : null;
	}

	private static boolean isDeclaredBy(Class<?> callback, Method method, Class<?> type) {
		return ClassUtils.getAllInterfacesForClassAsSet(type)
			.stream()
			.filter(callback::isAssignableFrom)
			.anyMatch((declaring) -> ClassUtils.hasMethod(declaring, method.getName(), method.getParameterTypes()));
	}

	private static boolean isInitOrDestroy(Method method, Class<?> type, BeanDefinition definition) {
		String name = method.getName();
		String destroy = definition.getDestroyMethodName();
		if (name.equals(definition.getInitMethodName()) || name.equals(destroy)) {
			return true;
		}
		if (definition instanceof AbstractBeanDefinition known
				&& (ObjectUtils.containsElement(known.getInitMethodNames(), name)
						|| ObjectUtils.containsElement(known.getDestroyMethodNames(), name))) {
			return true;
		}
		boolean inferred = AbstractBeanDefinition.INFER_METHOD.equals(destroy)
				|| (destroy == null && AutoCloseable.class.isAssignableFrom(type));
		return inferred && CLOSING.contains(name);
	}

	/**
	 * Returns the annotation for which a post-processor keeps the object that it
	 * processes, and calls the method on that object later.
	 * @param method the method
	 * @return the name of the annotation, {@code null} if there is none
	 */
	static @Nullable String postProcessed(Method method) {
		return MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY)
			.stream()
			.map((annotation) -> annotation.getType())
			.filter((type) -> type.getName().equals(SCHEDULED) || (type.getSimpleName().endsWith("Listener")
					&& !LISTENERS_ON_THE_PROXY.contains(type.getSimpleName())))
			.map(Class::getSimpleName)
			.findFirst()
			.orElse(null);
	}

}
