package dev.weir.web.servlet;

import java.io.IOException;
import java.time.Duration;

import dev.weir.core.ForeignDataException;
import dev.weir.core.Log;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseException;
import dev.weir.web.RetryAfter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Sends problem details (RFC 9457) in response to requests whose guarded call failed. The
 * advice precedes any advice of the application that has no order. Otherwise a handler
 * for all exceptions would turn these responses into server errors.
 * <p>
 * The response contains the name of the policy. It contains neither the key, nor the
 * holder, nor the reason why the store did not answer: these belong in the log.
 */
@RestControllerAdvice
public final class LeaseProblemAdvice implements Ordered {

	private static final Log logger = Log.of(LeaseProblemAdvice.class);

	private final HttpStatusCode lockBusyStatus;

	private final HttpStatusCode semaphoreBusyStatus;

	private final int order;

	/**
	 * Creates an advice.
	 * @param lockBusyStatus the status when a lock is busy
	 * @param semaphoreBusyStatus the status when a semaphore has no free permit
	 * @param order the order among the controller advice
	 */
	public LeaseProblemAdvice(HttpStatusCode lockBusyStatus, HttpStatusCode semaphoreBusyStatus, int order) {
		this.lockBusyStatus = lockBusyStatus;
		this.semaphoreBusyStatus = semaphoreBusyStatus;
		this.order = order;
	}

	@Override
	public int getOrder() {
		return this.order;
	}

	@ExceptionHandler
	@Nullable ResponseEntity<ProblemDetail> handle(LeaseException ex, HttpServletRequest request, HttpServletResponse response)
			throws IOException {
		HttpStatusCode status = status(ex);
		ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail(ex));
		problem.setProperty("policy", ex.getName());
		HttpHeaders headers = new HttpHeaders();
		Duration retryAfter = retryAfter(ex);
		if (retryAfter != null) {
			headers.set(HttpHeaders.RETRY_AFTER, Long.toString(RetryAfter.seconds(retryAfter)));
		}
		return ProblemAnswer.send(problem, headers, request, response);
	}

	@ExceptionHandler
	@Nullable ResponseEntity<ProblemDetail> handle(ForeignDataException ex, HttpServletRequest request,
			HttpServletResponse response) throws IOException {
		// An operator must act. The client can do nothing, so the response has no
		// Retry-After.
		logger.error("A guarded request fails: {}", ex.getMessage(), ex);
		return ProblemAnswer.send(
				ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE,
						"The request could not run, because the data of its guard is not readable."),
				new HttpHeaders(), request, response);
	}

	private HttpStatusCode status(LeaseException ex) {
		if (!(ex instanceof LeaseBusyException)) {
			return HttpStatus.SERVICE_UNAVAILABLE;
		}
		return switch (ex.getKind()) {
			case LOCK -> this.lockBusyStatus;
			case SEMAPHORE -> this.semaphoreBusyStatus;
		};
	}

	private static String detail(LeaseException ex) {
		if (ex instanceof LeaseBusyException) {
			return switch (ex.getKind()) {
				case LOCK -> "Another request holds the lock '";
				case SEMAPHORE -> "Other requests hold all permits of the semaphore '";
			} + ex.getName() + "'. Try again later.";
		}
		return "The request could not run under the " + ex.getKind() + " '" + ex.getName() + "'. Try again later.";
	}

	private static @Nullable Duration retryAfter(LeaseException ex) {
		return (ex instanceof LeaseBusyException busy) ? busy.getRetryAfter().orElse(null) : Duration.ofSeconds(1);
	}

}
