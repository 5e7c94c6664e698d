package dev.weir.web.servlet;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import dev.weir.core.Stages;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.expression.Invocation;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitException;
import dev.weir.ratelimit.RateLimitUnavailableException;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.web.RetryAfter;
import dev.weir.web.servlet.LimitedHandlers.Limited;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Charges the rate limits of a request before the request is read. The limits are those
 * of the controller method that will handle the request, and those of the rules. The
 * filter charges all of them or none. Each request is charged once, even if it is
 * dispatched again later.
 * <p>
 * The filter runs after Spring Security, which determines the user.
 */
public final class RateLimitFilter extends OncePerRequestFilter {

	private static final Object[] NO_ARGUMENTS = {};

	private final RateLimiter limiter;

	private final RateLimitPolicies policies;

	private final RequestCharges requestCharges;

	private final Supplier<List<HandlerMapping>> mappings;

	private final Supplier<HandlerExceptionResolver> exceptionResolver;

	private volatile RateLimitRules rules;

	/**
	 * Created by the first request: the mappings must not be created while the filters
	 * are.
	 */
	private volatile @Nullable LimitedHandlers handlers;

	/**
	 * Creates a filter.
	 * @param limiter the rate limiter
	 * @param policies the policies of controller methods
	 * @param rules the limits by path
	 * @param requestCharges the charges of requests
	 * @param mappings the handler mappings of Spring MVC, in order; called by the first
	 * request
	 * @param exceptionResolver the resolver that answers denied requests
	 */
	public RateLimitFilter(RateLimiter limiter, RateLimitPolicies policies, RateLimitRules rules,
			RequestCharges requestCharges, Supplier<List<HandlerMapping>> mappings,
			Supplier<HandlerExceptionResolver> exceptionResolver) {
		this.limiter = limiter;
		this.policies = policies;
		this.rules = rules;
		this.requestCharges = requestCharges;
		this.mappings = mappings;
		this.exceptionResolver = exceptionResolver;
	}

	/**
	 * Changes the limits by path, from the next request on.
	 * @param rules the limits
	 */
	public void setRules(RateLimitRules rules) {
		this.rules = rules;
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		Limited limited = handlers().find(request);
		if (limited == null && this.rules.isEmpty()) {
			chain.doFilter(request, response);
			return;
		}
		try {
			Decisions decisions = Stages.await(this.limiter.tryConsume(charges(request, limited)));
			this.requestCharges.writeHeaders(request, response, decisions);
			if (!decisions.isAllowed()) {
				throw new RateLimitExceededException(decisions);
			}
		}
		catch (RateLimitException ex) {
			deny(request, response, ex);
			return;
		}
		if (limited != null) {
			this.requestCharges.mark(request, limited.handler().getMethod());
		}
		chain.doFilter(request, response);
	}

	private LimitedHandlers handlers() {
		LimitedHandlers known = this.handlers;
		if (known == null) {
			known = new LimitedHandlers(this.mappings.get(), this.policies);
			this.handlers = known;
		}
		return known;
	}

	private List<Charge> charges(HttpServletRequest request, @Nullable Limited limited) {
		RequestAttributes outer = RequestContextHolder.getRequestAttributes();
		// A resolver of the user gets the request that Spring Security has wrapped.
		RequestContextHolder.setRequestAttributes(new ServletRequestAttributes(request));
		try {
			List<Charge> byRules = this.rules.charges(request);
			if (limited == null) {
				return byRules;
			}
			HandlerMethod handler = limited.handler();
			List<Charge> charges = new ArrayList<>(this.policies.charges(limited.policies(),
					new Invocation(handler.getMethod(), handler.getBean(), handler.getBeanType(), NO_ARGUMENTS)));
			byRules.stream()
				.filter((rule) -> charges.stream().noneMatch((charge) -> charge.key().equals(rule.key())))
				.forEach(charges::add);
			return charges;
		}
		finally {
			RequestContextHolder.setRequestAttributes(outer);
		}
	}

	private void deny(HttpServletRequest request, HttpServletResponse response, RateLimitException denial)
			throws IOException {
		if (this.exceptionResolver.get().resolveException(request, response, null, denial) == null
				&& !response.isCommitted()) {
			// Problem details are switched off.
			if (denial instanceof RateLimitExceededException exceeded) {
				response.setHeader("Retry-After", Long.toString(RetryAfter.seconds(exceeded.getRetryAfter())));
			}
			response.sendError(((denial instanceof RateLimitUnavailableException) ? HttpStatus.SERVICE_UNAVAILABLE
					: HttpStatus.TOO_MANY_REQUESTS)
				.value());
		}
	}

}
