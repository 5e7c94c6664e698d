package dev.weir.policy.result;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

import dev.weir.core.RunningCalls;
import dev.weir.lease.engine.LeaseTemplate;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.ResponseEntity;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody;

/**
 * Detects the end of the current request, even if the request is handled asynchronously.
 * At the end the response is complete, or has failed, timed out, or lost its client.
 * Thread-safe.
 */
public final class RequestEnd implements AsyncListener {

	private static final String ATTRIBUTE = RequestEnd.class.getName();

	private final CompletableFuture<Void> requestEnd = new CompletableFuture<>();

	private final RunningCalls calls = new RunningCalls();

	private RequestEnd() {
	}

	/**
	 * Returns the end of the request that the current thread handles.
	 * @param location the class and method that need the end, for the message
	 * @return the end of that request
	 * @throws IllegalStateException if the thread handles no request
	 */
	public static RequestEnd ofCurrentRequest(String location) {
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
		return listener;
	}

	/**
	 * Returns the end of the work behind a result.
	 * @param <T> the type of the result
	 * @param result the result
	 * @return the result, watched if possible, with the end of its work: the request is
	 * over, and the watched code does not run
	 */
	public <T extends @Nullable Object> LeaseTemplate.Ending<T> endingOf(T result) {
		return new LeaseTemplate.Ending<>(watched(result), this.requestEnd.thenCompose((over) -> this.calls.cancel()));
	}

	/**
	 * Watches code that Spring MVC runs on another thread. A request that times out is
	 * over, but such code runs on.
	 * @param <T> the type of the result
	 * @param result the result
	 * @return the watched result, or the result itself if it is not such code
	 */
	@SuppressWarnings("unchecked") // a response contains the same type as before
	private <T extends @Nullable Object> T watched(T result) {
		if (result instanceof StreamingResponseBody body) {
			StreamingResponseBody watched = (out) -> {
				begin();
				try {
					body.writeTo(out);
				}
				finally {
					this.calls.end();
				}
			};
			return (T) watched;
		}
		if (result instanceof Callable<?> callable) {
			Callable<?> watched = () -> {
				begin();
				try {
					return watched(callable.call());
				}
				finally {
					this.calls.end();
				}
			};
			return (T) watched;
		}
		if (result instanceof ResponseEntity<?> response && response.getBody() instanceof StreamingResponseBody body) {
			return (T) new ResponseEntity<>(watched(body), response.getHeaders(), response.getStatusCode());
		}
		return result;
	}

	private void begin() {
		if (!this.calls.begin()) {
			throw new IllegalStateException(
					"The request is over, so its lease may be released. The work does not begin");
		}
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
			request.setAttribute(ATTRIBUTE,
					(request.getAttribute(ATTRIBUTE) instanceof RequestEnd before) ? before.and(this) : this);
			request.getAsyncContext().addListener(this);
		}
		else {
			this.requestEnd.complete(null);
		}
	}

	private RequestEnd and(RequestEnd other) {
		this.requestEnd.whenComplete((over, failure) -> other.requestEnd.complete(null));
		return this;
	}

	/**
	 * Ends a request that does not continue asynchronously any more. Jetty does not
	 * notify its listeners if a response that has begun fails.
	 * @param request the request, at the end of an asynchronous dispatch
	 */
	static void afterDispatch(ServletRequest request) {
		if (!request.isAsyncStarted() && request.getAttribute(ATTRIBUTE) instanceof RequestEnd end) {
			end.requestEnd.complete(null);
		}
	}

	@Override
	public void onComplete(AsyncEvent event) {
		this.requestEnd.complete(null);
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
