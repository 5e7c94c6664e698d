package dev.weir.web.servlet;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * The request that the current thread handles. A thread may have inherited it and go on
 * after its end: then it handles none.
 */
final class CurrentRequest {

	private CurrentRequest() {
	}

	/**
	 * Returns the request with its response.
	 * @return both, {@code null} if the thread handles no request
	 */
	static @Nullable ServletRequestAttributes attributes() {
		return (RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes attributes
				&& isRunning(attributes.getRequest())) ? attributes : null;
	}

	private static boolean isRunning(HttpServletRequest request) {
		try {
			request.getAttribute(CurrentRequest.class.getName());
			return true;
		}
		catch (IllegalStateException ex) {
			// As Tomcat says that a request has ended.
			return false;
		}
	}

}
