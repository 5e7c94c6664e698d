package dev.weir.web;

import java.lang.reflect.Method;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import dev.weir.ratelimit.Decisions;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Remembers with a request which methods it was charged for, so that it is charged once.
 */
public final class RequestCharges {

	private static final String ATTRIBUTE = RequestCharges.class.getName();

	private final RateLimitHeaders headers;

	/**
	 * Creates charges.
	 * @param headers the headers that tell clients of limits
	 */
	public RequestCharges(RateLimitHeaders headers) {
		this.headers = headers;
	}

	/**
	 * The request was charged for a method.
	 * @param request the request
	 * @param method the method
	 */
	@SuppressWarnings("unchecked")
	static void mark(HttpServletRequest request, Method method) {
		Set<Method> charged = (Set<Method>) request.getAttribute(ATTRIBUTE);
		if (charged == null) {
			charged = ConcurrentHashMap.newKeySet();
			request.setAttribute(ATTRIBUTE, charged);
		}
		charged.add(method);
	}

	/**
	 * Whether the request of this thread was charged for a method.
	 * @param method the method
	 * @return whether it was; {@code false} if the thread handles no request
	 */
	public boolean isCharged(Method method) {
		ServletRequestAttributes attributes = attributes();
		return attributes != null && attributes.getRequest().getAttribute(ATTRIBUTE) instanceof Set<?> charged
				&& charged.contains(method);
	}

	/**
	 * A method was charged when it was called. If it handles the request of this thread,
	 * its client is told, and it is not charged again.
	 * @param method the method
	 * @param decisions what its buckets answered
	 */
	public void charged(Method method, Decisions decisions) {
		ServletRequestAttributes attributes = attributes();
		if (attributes == null || !isHandler(attributes.getRequest(), method)) {
			return;
		}
		mark(attributes.getRequest(), method);
		HttpServletResponse response = attributes.getResponse();
		if (response != null && decisions.isAllowed()) {
			this.headers.write(decisions, response::setHeader);
		}
	}

	private static boolean isHandler(HttpServletRequest request, Method method) {
		return request.getAttribute(HandlerMapping.BEST_MATCHING_HANDLER_ATTRIBUTE) instanceof HandlerMethod handler
				&& handler.getMethod().equals(method);
	}

	private static @Nullable ServletRequestAttributes attributes() {
		RequestAttributes attributes = RequestContextHolder.getRequestAttributes();
		return (attributes instanceof ServletRequestAttributes servlet) ? servlet : null;
	}

}
