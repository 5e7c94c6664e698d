package dev.weir.web.servlet;

import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

import dev.weir.core.ForeignDataException;
import dev.weir.core.Stages;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitException;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.web.RetryAfter;
import dev.weir.web.servlet.RequestLimits.Due;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpStatus;
import org.springframework.web.cors.CorsUtils;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Charges the rate limits of a request before the request is read. The filter charges all
 * of them or none. Each bucket is charged once per request, even if the request is
 * dispatched again later. CORS preflights are not charged.
 * <p>
 * There are two filters: one before Spring Security, for limits that need no user, so
 * that guesses at passwords are limited, too; and one after Spring Security, for limits
 * that need the user. Thread-safe.
 */
public final class RateLimitFilter extends OncePerRequestFilter {

	private final RateLimiter limiter;

	private final RequestCharges requestCharges;

	private final RequestLimits limits;

	private final CorsHeaders corsHeaders;

	private final Supplier<HandlerExceptionResolver> exceptionResolver;

	/**
	 * Creates a filter.
	 * @param limiter the rate limiter
	 * @param requestCharges the charges of requests
	 * @param limits the limits that the filter charges
	 * @param corsHeaders the CORS headers of denied requests
	 * @param exceptionResolver the resolver that answers denied requests
	 */
	public RateLimitFilter(RateLimiter limiter, RequestCharges requestCharges, RequestLimits limits,
			CorsHeaders corsHeaders, Supplier<HandlerExceptionResolver> exceptionResolver) {
		this.limiter = limiter;
		this.requestCharges = requestCharges;
		this.limits = limits;
		this.corsHeaders = corsHeaders;
		this.exceptionResolver = exceptionResolver;
	}

	/**
	 * Distinguishes the two filters, whose names may be equal in tests without a server.
	 */
	@Override
	protected String getAlreadyFilteredAttributeName() {
		return RateLimitFilter.class.getName() + (this.limits.isAfterSecurity() ? ".after" : ".before");
	}

	@Override
	protected boolean shouldNotFilter(HttpServletRequest request) {
		return this.limits.isEmpty();
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		Due due = CorsUtils.isPreFlightRequest(request) ? null : this.limits.of(request);
		if (due == null) {
			chain.doFilter(request, response);
			return;
		}
		try {
			List<Charge> charges = this.requestCharges.due(request, due.charges());
			Decisions decisions = Stages.await(this.limiter.tryConsume(charges));
			this.requestCharges.charged(request, response, charges, decisions);
			if (!decisions.isAllowed()) {
				throw new RateLimitExceededException(decisions);
			}
		}
		catch (RateLimitException | ForeignDataException ex) {
			deny(request, response, ex);
			return;
		}
		if (due.method() != null) {
			this.requestCharges.mark(request, due.method());
		}
		chain.doFilter(request, response);
	}

	private void deny(HttpServletRequest request, HttpServletResponse response, RuntimeException denial)
			throws IOException {
		this.corsHeaders.write(request, response);
		if (this.exceptionResolver.get().resolveException(request, response, null, denial) == null
				&& !response.isCommitted()) {
			// Problem details are switched off.
			if (denial instanceof RateLimitExceededException exceeded) {
				response.setHeader("Retry-After", Long.toString(RetryAfter.seconds(exceeded.getRetryAfter())));
				CorsHeaders.expose(response, List.of("Retry-After"));
			}
			response.sendError(((denial instanceof RateLimitExceededException) ? HttpStatus.TOO_MANY_REQUESTS
					: HttpStatus.SERVICE_UNAVAILABLE)
				.value());
		}
	}

}
