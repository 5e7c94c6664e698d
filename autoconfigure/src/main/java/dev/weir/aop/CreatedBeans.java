package dev.weir.aop;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.beans.factory.config.SmartInstantiationAwareBeanPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;

/**
 * Remembers the guarded beans that the container has created. A test can replace a bean
 * by its own object, such as a mock. The container then creates no bean that a proxy
 * could guard, and {@link GuardedMethodCheck} must not report this as a mistake.
 * <p>
 * Remembers also the guarded beans that other beans received before they were complete,
 * because of a circular reference. The post-processors that come later then process the
 * object itself, not its proxy. Thread-safe.
 */
public final class CreatedBeans implements SmartInstantiationAwareBeanPostProcessor, PriorityOrdered {

	private final GuardedClasses classes;

	private final Set<String> names = ConcurrentHashMap.newKeySet();

	private final Set<String> early = ConcurrentHashMap.newKeySet();

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

	@Override
	public Object getEarlyBeanReference(Object bean, String beanName) {
		if (!this.classes.annotationsOf(bean.getClass()).isEmpty()) {
			this.early.add(beanName);
		}
		return bean;
	}

	/**
	 * Returns whether another bean received a bean before it was complete.
	 * @param beanName the name of the bean
	 * @return whether there is a circular reference
	 */
	boolean isCircular(String beanName) {
		return this.early.contains(beanName);
	}

	boolean contains(String beanName) {
		return this.names.contains(beanName);
	}

}
