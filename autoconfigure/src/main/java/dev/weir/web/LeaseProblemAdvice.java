package dev.weir.web;

import java.time.Duration;

import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKind;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Answers requests whose guarded call failed with problem details (RFC 9457). Last in
 * order: an {@code @ExceptionHandler} of the application comes first.
 * <p>
 * The answer names the policy, but neither the key nor the holder, nor why the store did
 * not answer: that is for the log.
 */
@RestControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE)
public final class LeaseProblemAdvice {

	private final HttpStatusCode lockBusyStatus;

	private final HttpStatusCode semaphoreBusyStatus;

	/**
	 * Creates an advice.
	 * @param lockBusyStatus the status when a lock is busy
	 * @param semaphoreBusyStatus the status when a semaphore has no free permit
	 */
	public LeaseProblemAdvice(HttpStatusCode lockBusyStatus, HttpStatusCode semaphoreBusyStatus) {
		this.lockBusyStatus = lockBusyStatus;
		this.semaphoreBusyStatus = semaphoreBusyStatus;
	}

	@ExceptionHandler
	ResponseEntity<ProblemDetail> handle(LeaseException ex) {
		HttpStatusCode status = status(ex);
		ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail(ex));
		problem.setProperty("policy", ex.getName());
		HttpHeaders headers = new HttpHeaders();
		headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
		Duration retryAfter = retryAfter(ex);
		if (retryAfter != null) {
			headers.set(HttpHeaders.RETRY_AFTER, Long.toString(RetryAfter.seconds(retryAfter)));
		}
		return new ResponseEntity<>(problem, headers, status);
	}

	private HttpStatusCode status(LeaseException ex) {
		if (!(ex instanceof LeaseBusyException)) {
			return HttpStatus.SERVICE_UNAVAILABLE;
		}
		return (ex.getKind() == LeaseKind.LOCK) ? this.lockBusyStatus : this.semaphoreBusyStatus;
	}

	private static String detail(LeaseException ex) {
		if (ex instanceof LeaseBusyException) {
			return ((ex.getKind() == LeaseKind.LOCK) ? "Another request holds the lock '"
					: "Other requests hold all permits of the semaphore '") + ex.getName() + "'. Try again later.";
		}
		return "The request could not run under the " + ex.getKind() + " '" + ex.getName() + "'. Try again later.";
	}

	private static @Nullable Duration retryAfter(LeaseException ex) {
		return (ex instanceof LeaseBusyException busy) ? busy.getRetryAfter().orElse(null) : Duration.ofSeconds(1);
	}

}
