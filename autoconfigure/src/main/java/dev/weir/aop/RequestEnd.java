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
 * Detects the end of the current request, even if the request is handled asynchronously.
 * At the end the response is complete, or has failed, timed out, or lost its client.
 */
final class RequestEnd implements AsyncListener {

	private final CompletableFuture<Void> end = new CompletableFuture<>();

	private RequestEnd() {
	}

	/**
	 * Returns the end of the request that the current thread handles.
	 * @param location the class and method that need the end, for the message
	 * @return the stage that completes when the request is over
	 * @throws IllegalStateException if the thread handles no request
	 */
	static CompletionStage<Void> ofCurrentRequest(String location) {
		if (!(RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes attributes)
				|| !isActive(attributes)) {
			throw new IllegalStateException("The work of " + location + " ends with the request, but this thread "
					+ "handles no request. Call the method from a controller, or return a CompletionStage");
		}
		RequestEnd listener = new RequestEnd();
		// Runs when the thread leaves the request. At that time it is known whether the
		// request continues asynchronously.
		attributes.registerDestructionCallback(RequestEnd.class.getName() + "@" + System.identityHashCode(listener),
				() -> listener.threadLeaves(attributes.getRequest()), RequestAttributes.SCOPE_REQUEST);
		return listener.end;
	}

	private static boolean isActive(ServletRequestAttributes attributes) {
		try {
			// Attributes that were passed to another thread outlive their request.
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
		// The container calls onComplete afterwards.
	}

	@Override
	public void onError(AsyncEvent event) {
		// The container calls onComplete afterwards.
	}

	@Override
	public void onStartAsync(AsyncEvent event) {
		// A new asynchronous cycle does not keep the listeners of the previous cycle.
		event.getAsyncContext().addListener(this);
	}

}
