package dev.weir.web.servlet;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.web.method.HandlerMethod;

/**
 * Finds the annotated method behind a handler method. If the bean is a JDK proxy, the
 * handler method belongs to an interface, and the annotation is on the method of the
 * class.
 */
final class TargetMethod {

	private TargetMethod() {
	}

	/**
	 * Returns the method of the class of the bean.
	 * @param handler the handler method
	 * @return the method
	 */
	static Method of(HandlerMethod handler) {
		// A class needs no bean, which may be lazy.
		HandlerMethod resolved = Proxy.isProxyClass(handler.getBeanType()) ? handler.createWithResolvedBean() : handler;
		Class<?> type = (resolved.getBean() instanceof String) ? resolved.getBeanType()
				: AopProxyUtils.ultimateTargetClass(resolved.getBean());
		return AopUtils.getMostSpecificMethod(resolved.getMethod(), type);
	}

}
