package dev.weir.aop;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * The end of the current request, also of one that is handled asynchronously: the answer
 * is complete, or has failed, timed out, or lost its client.
 */
final class RequestEnd implements AsyncListener {

	private final CompletableFuture<Void> end = new CompletableFuture<>();

	private RequestEnd() {
	}

	/**
	 * Returns the end of the request that the current thread handles.
	 * @param place the class and method that need it, for the message
	 * @return completes when the request is over
	 * @throws IllegalStateException if the thread handles no request
	 */
	static CompletionStage<Void> ofCurrentRequest(String place) {
		if (!(RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes attributes)
				|| !isActive(attributes)) {
			throw new IllegalStateException("The work of " + place + " ends with the request, but the thread handles "
					+ "none. Call it from a controller, or return a CompletionStage");
		}
		RequestEnd listener = new RequestEnd();
		// Runs when the thread leaves the request. By then it is known whether somebody
		// goes on with it.
		attributes.registerDestructionCallback(RequestEnd.class.getName() + "@" + System.identityHashCode(listener),
				() -> listener.threadLeaves(attributes.getRequest()), RequestAttributes.SCOPE_REQUEST);
		return listener.end;
	}

	private static boolean isActive(ServletRequestAttributes attributes) {
		try {
			// Attributes that were passed on to another thread outlive their request.
			attributes.getAttribute(RequestEnd.class.getName(), RequestAttributes.SCOPE_REQUEST);
			return true;
		}
		catch (IllegalStateException ex) {
			return false;
		}
	}

	private void threadLeaves(HttpServletRequest request) {
		if (request.isAsyncStarted()) {
			request.getAsyncContext().addListener(this);
		}
		else {
			this.end.complete(null);
		}
	}

	@Override
	public void onComplete(AsyncEvent event) {
		this.end.complete(null);
	}

	@Override
	public void onTimeout(AsyncEvent event) {
		// "Complete" follows.
	}

	@Override
	public void onError(AsyncEvent event) {
		// "Complete" follows.
	}

	@Override
	public void onStartAsync(AsyncEvent event) {
		// A new cycle forgets the listeners of the one before.
		event.getAsyncContext().addListener(this);
	}

}
