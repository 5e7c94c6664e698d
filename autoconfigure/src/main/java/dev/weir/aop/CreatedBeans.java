package dev.weir.aop;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;

/**
 * Remembers the guarded beans that the container has created. A test can replace a bean
 * by its own object, such as a mock. The container then creates no bean that a proxy
 * could guard, and {@link GuardedMethodCheck} must not report this as a mistake.
 * Thread-safe.
 */
public final class CreatedBeans implements BeanPostProcessor, PriorityOrdered {

	private final GuardedClasses classes;

	private final Set<String> names = ConcurrentHashMap.newKeySet();

	/**
	 * Creates an instance.
	 * @param classes the annotations of classes
	 */
	public CreatedBeans(GuardedClasses classes) {
		this.classes = classes;
	}

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

	@Override
	public Object postProcessBeforeInitialization(Object bean, String beanName) {
		if (!this.classes.annotationsOf(bean.getClass()).isEmpty()) {
			this.names.add(beanName);
		}
		return bean;
	}

	boolean contains(String beanName) {
		return this.names.contains(beanName);
	}

}
