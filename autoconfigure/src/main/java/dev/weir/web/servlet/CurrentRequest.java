package dev.weir.web.servlet;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * Provides the request that the current thread handles. A thread may inherit a request
 * and continue after its end. Such a thread handles no request.
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

	/**
	 * Returns the client of the request.
	 * @return the key of its address, {@code null} if the thread handles no request
	 */
	static @Nullable String client() {
		ServletRequestAttributes attributes = attributes();
		return (attributes != null) ? ClientAddress.key(attributes.getRequest()) : null;
	}

	private static boolean isRunning(HttpServletRequest request) {
		try {
			request.getAttribute(CurrentRequest.class.getName());
			return true;
		}
		catch (IllegalStateException ex) {
			// Tomcat reports this for a request that has ended.
			return false;
		}
	}

}
