package dev.weir.aop;

import java.util.function.IntSupplier;
import java.util.function.Supplier;

import org.aopalliance.aop.Advice;
import org.aopalliance.intercept.MethodInterceptor;

import org.springframework.aop.Pointcut;
import org.springframework.aop.PointcutAdvisor;
import org.springframework.core.Ordered;
import org.springframework.util.function.SingletonSupplier;

/**
 * Applies an aspect to the methods that one annotation guards. Spring AOP consults all
 * advisors for each bean, long before the engine and its dependencies exist. The advisor
 * therefore looks up the aspect when a guarded method is called for the first time, and
 * the order when the first guarded bean is created. Thread-safe.
 */
public final class GuardAdvisor implements PointcutAdvisor, Ordered {

	private final GuardPointcut pointcut;

	private final String aspect;

	private final MethodInterceptor advice;

	private final IntSupplier order;

	/**
	 * Creates an advisor.
	 * @param annotation the annotation
	 * @param classes the annotations of classes
	 * @param aspect the name of the aspect's bean
	 * @param aspects the supplier that looks up this bean
	 * @param order the supplier of the order among the advice of a bean
	 */
	public GuardAdvisor(GuardAnnotation annotation, GuardedClasses classes, String aspect,
			Supplier<? extends MethodInterceptor> aspects, IntSupplier order) {
		this.pointcut = new GuardPointcut(annotation, classes);
		this.aspect = aspect;
		this.order = order;
		SingletonSupplier<MethodInterceptor> once = SingletonSupplier.of(aspects::get);
		this.advice = (call) -> once.obtain().invoke(call);
	}

	String aspect() {
		return this.aspect;
	}

	@Override
	public Pointcut getPointcut() {
		return this.pointcut;
	}

	@Override
	public Advice getAdvice() {
		return this.advice;
	}

	@Override
	public int getOrder() {
		return this.order.getAsInt();
	}

}
