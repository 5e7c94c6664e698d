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

	/**
	 * Creates an advice.
	 * @param lockBusyStatus the status when a lock is busy
	 */
	public LeaseProblemAdvice(HttpStatusCode lockBusyStatus) {
		this.lockBusyStatus = lockBusyStatus;
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
			headers.set(HttpHeaders.RETRY_AFTER, Long.toString(seconds(retryAfter)));
		}
		return new ResponseEntity<>(problem, headers, status);
	}

	private HttpStatusCode status(LeaseException ex) {
		boolean lockBusy = ex instanceof LeaseBusyException && ex.getKind() == LeaseKind.LOCK;
		return lockBusy ? this.lockBusyStatus : HttpStatus.SERVICE_UNAVAILABLE;
	}

	private static String detail(LeaseException ex) {
		return (ex instanceof LeaseBusyException)
				? "Another request holds the " + ex.getKind() + " '" + ex.getName() + "'. Try again later."
				: "The request could not run under the " + ex.getKind() + " '" + ex.getName() + "'. Try again later.";
	}

	private static @Nullable Duration retryAfter(LeaseException ex) {
		return (ex instanceof LeaseBusyException busy) ? busy.getRetryAfter().orElse(null) : Duration.ofSeconds(1);
	}

	/**
	 * Rounds up: who comes back in time must not come too early.
	 * @param duration the duration
	 * @return whole seconds, at least 1
	 */
	private static long seconds(Duration duration) {
		return Math.max(1, duration.plusNanos(999_999_999).toSeconds());
	}

}
