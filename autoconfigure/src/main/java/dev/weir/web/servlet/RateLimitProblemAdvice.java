package dev.weir.web.servlet;

import java.io.IOException;
import java.net.URI;
import java.util.List;

import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitException;
import dev.weir.ratelimit.RateLimitInterruptedException;
import dev.weir.ratelimit.RateLimitUnavailableException;
import dev.weir.web.RetryAfter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Sends problem details (RFC 9457) in response to requests that a rate limit denied. The
 * types are by default those that the draft for rate limit headers registers. The advice
 * precedes any advice of the application that has no order. Otherwise a handler for all
 * exceptions would turn these responses into server errors.
 * <p>
 * The response contains the names of the policies. It does not contain the key, which may
 * contain data of a user.
 */
@RestControllerAdvice
public final class RateLimitProblemAdvice implements Ordered {

	private final RequestCharges charges;

	private final String types;

	private final int order;

	/**
	 * Creates an advice.
	 * @param charges the charges, which write the headers
	 * @param types the URI to which the name of a problem is appended, to form its type
	 * @param order the order among the controller advice
	 */
	public RateLimitProblemAdvice(RequestCharges charges, String types, int order) {
		this.charges = charges;
		this.types = types;
		this.order = order;
	}

	@Override
	public int getOrder() {
		return this.order;
	}

	@ExceptionHandler
	@Nullable ResponseEntity<ProblemDetail> exceeded(RateLimitExceededException ex, HttpServletRequest request,
			HttpServletResponse response) throws IOException {
		Decisions decisions = ex.getDecisions();
		List<String> violated = decisions.denials().stream().map(Decision::policy).toList();
		this.charges.writeHeaders(request, response, decisions);
		HttpHeaders headers = new HttpHeaders();
		boolean possible = decisions.denials().stream().allMatch(Decision::isPossible);
		long seconds = RetryAfter.seconds(decisions.retryAfter());
		if (possible) {
			headers.set(HttpHeaders.RETRY_AFTER, Long.toString(seconds));
		}
		return answer(HttpStatus.TOO_MANY_REQUESTS, "quota-exceeded", "Request quota exceeded",
				possible ? "Too many requests. Try again in " + seconds + ((seconds == 1) ? " second." : " seconds.")
						: "The rate limit can never allow a request of this cost.",
				violated, headers, request, response);
	}

	@ExceptionHandler
	@Nullable ResponseEntity<ProblemDetail> unavailable(RateLimitUnavailableException ex, HttpServletRequest request,
			HttpServletResponse response) throws IOException {
		return reducedCapacity(ex, "The service cannot check the rate limit of this request at the moment.", request,
				response);
	}

	@ExceptionHandler
	@Nullable ResponseEntity<ProblemDetail> interrupted(RateLimitInterruptedException ex, HttpServletRequest request,
			HttpServletResponse response) throws IOException {
		return reducedCapacity(ex, "The request was interrupted while it waited for its rate limit.", request,
				response);
	}

	private @Nullable ResponseEntity<ProblemDetail> reducedCapacity(RateLimitException ex, String reason,
			HttpServletRequest request, HttpServletResponse response) throws IOException {
		HttpHeaders headers = new HttpHeaders();
		headers.set(HttpHeaders.RETRY_AFTER, "1");
		return answer(HttpStatus.SERVICE_UNAVAILABLE, "temporary-reduced-capacity",
				"Request cannot be satisfied due to temporary reduced capacity", reason + " Try again later.",
				List.of(ex.getPolicy()), headers, request, response);
	}

	private @Nullable ResponseEntity<ProblemDetail> answer(HttpStatus status, String type, String title, String detail,
			List<String> policies, HttpHeaders headers, HttpServletRequest request, HttpServletResponse response)
			throws IOException {
		ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
		problem.setType(URI.create(this.types + type));
		problem.setTitle(title);
		problem.setProperty("violated-policies", policies);
		headers.setCacheControl(CacheControl.noStore());
		return ProblemAnswer.send(problem, headers, request, response);
	}

}
