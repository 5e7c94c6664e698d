package dev.weir.web;

import java.net.URI;
import java.util.List;

import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitUnavailableException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Answers requests that a rate limit denied with problem details (RFC 9457) of the types
 * that the draft for rate limit headers registers. Last in order: an
 * {@code @ExceptionHandler} of the application comes first.
 * <p>
 * The answer names the policies, but not the key, which may hold data of a user.
 */
@RestControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE)
public final class RateLimitProblemAdvice {

	private static final String TYPES = "https://iana.org/assignments/http-problem-types#";

	private final RequestCharges charges;

	/**
	 * Creates an advice.
	 * @param charges tell clients of limits
	 */
	public RateLimitProblemAdvice(RequestCharges charges) {
		this.charges = charges;
	}

	@ExceptionHandler
	ResponseEntity<ProblemDetail> exceeded(RateLimitExceededException ex, HttpServletRequest request,
			HttpServletResponse response) {
		Decisions decisions = ex.getDecisions();
		List<String> violated = decisions.denials().stream().map(Decision::policy).toList();
		this.charges.tell(request, response, decisions);
		HttpHeaders headers = new HttpHeaders();
		boolean possible = decisions.denials().stream().allMatch(Decision::isPossible);
		long seconds = RetryAfter.seconds(decisions.retryAfter());
		if (possible) {
			headers.set(HttpHeaders.RETRY_AFTER, Long.toString(seconds));
		}
		return answer(HttpStatus.TOO_MANY_REQUESTS, "quota-exceeded", "Request quota exceeded",
				possible ? "Too many requests. Try again in " + seconds + ((seconds == 1) ? " second." : " seconds.")
						: "This request costs more than its rate limit can ever allow. Make it smaller.",
				violated, headers);
	}

	@ExceptionHandler
	ResponseEntity<ProblemDetail> unavailable(RateLimitUnavailableException ex) {
		HttpHeaders headers = new HttpHeaders();
		headers.set(HttpHeaders.RETRY_AFTER, "1");
		return answer(HttpStatus.SERVICE_UNAVAILABLE, "temporary-reduced-capacity",
				"Request cannot be satisfied due to temporary reduced capacity",
				"The service cannot tell right now whether this request is within its limits. Try again later.",
				List.of(ex.getPolicy()), headers);
	}

	private static ResponseEntity<ProblemDetail> answer(HttpStatus status, String type, String title, String detail,
			List<String> policies, HttpHeaders headers) {
		ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
		problem.setType(URI.create(TYPES + type));
		problem.setTitle(title);
		problem.setProperty("violated-policies", policies);
		headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
		headers.setCacheControl(CacheControl.noStore());
		return new ResponseEntity<>(problem, headers, status);
	}

}
