package dev.weir.web.servlet;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.expression.Invocation;
import dev.weir.ratelimit.Charge;
import dev.weir.web.servlet.LimitedHandlers.Limited;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * Finds the limits that one filter charges: by rules before Spring Security, by rules and
 * annotations after it. Thread-safe.
 */
public final class RequestLimits {

	private static final Object[] NO_ARGUMENTS = {};

	private final RateLimitPolicies policies;

	private final Supplier<HandlerLookup> lookup;

	private final boolean afterSecurity;

	private volatile RateLimitRules rules;

	/**
	 * Created by the first request, because the handler mappings must not be created
	 * while the filters are. Reset when the rules change.
	 */
	private volatile @Nullable Prepared prepared;

	/**
	 * Creates limits.
	 * @param policies the policies of controller methods
	 * @param rules the limits by path
	 * @param lookup the supplier of the handler mappings; called by the first request
	 * @param afterSecurity whether the filter runs after Spring Security
	 */
	public RequestLimits(RateLimitPolicies policies, RateLimitRules rules, Supplier<HandlerLookup> lookup,
			boolean afterSecurity) {
		this.policies = policies;
		this.rules = rules;
		this.lookup = lookup;
		this.afterSecurity = afterSecurity;
	}

	/**
	 * Changes the limits by path, from the next request on.
	 * @param rules the limits
	 */
	public void setRules(RateLimitRules rules) {
		synchronized (this) {
			this.rules = rules;
			this.prepared = null;
		}
	}

	boolean isAfterSecurity() {
		return this.afterSecurity;
	}

	/**
	 * Returns whether no limit can concern any request.
	 * @return whether there is neither a rule nor a controller method to look for
	 */
	boolean isEmpty() {
		return !this.afterSecurity && prepared().rules.isEmpty();
	}

	/**
	 * Finds the limits of a request.
	 * @param request the request
	 * @return the charges, {@code null} if no limit concerns the request
	 */
	@Nullable Due of(HttpServletRequest request) {
		Prepared now = prepared();
		Limited limited = (now.handlers != null) ? now.handlers.find(request) : null;
		if (limited == null && now.rules.isEmpty()) {
			return null;
		}
		List<Charge> charges = charges(now, request, limited);
		return (limited == null && charges.isEmpty()) ? null
				: new Due(charges, (limited != null) ? limited.method() : null);
	}

	private Prepared prepared() {
		Prepared known = this.prepared;
		if (known != null) {
			return known;
		}
		synchronized (this) {
			if (this.prepared == null) {
				HandlerLookup handlers = this.lookup.get();
				RequestPaths paths = new RequestPaths();
				this.prepared = new Prepared(
						this.afterSecurity ? new LimitedHandlers(handlers, paths, this.policies) : null, paths,
						this.rules.of(this.afterSecurity, handlers.patternParser()));
			}
			return this.prepared;
		}
	}

	private List<Charge> charges(Prepared now, HttpServletRequest request, @Nullable Limited limited) {
		RequestAttributes outer = RequestContextHolder.getRequestAttributes();
		// A resolver of the user gets the request that Spring Security has wrapped.
		RequestContextHolder.setRequestAttributes(new ServletRequestAttributes(request));
		try {
			List<Charge> charges = new ArrayList<>();
			if (limited != null) {
				Method method = limited.method();
				charges.addAll(this.policies.charges(limited.policies(),
						new Invocation(method, limited.bean(), limited.bean().getClass(), NO_ARGUMENTS)));
			}
			if (!now.rules.isEmpty()) {
				charges.addAll(now.rules.charges(request, now.paths.all(request)));
			}
			return charges;
		}
		finally {
			RequestContextHolder.setRequestAttributes(outer);
		}
	}

	/**
	 * The charges of a request.
	 *
	 * @param charges the charges; several may be for the same bucket
	 * @param method the limited method that will handle the request, {@code null} if only
	 * rules concern the request
	 */
	record Due(List<Charge> charges, @Nullable Method method) {

	}

	/**
	 * The limits as the first request after a change finds them.
	 *
	 * @param handlers the limits by annotation, {@code null} before Spring Security
	 * @param paths the paths of requests
	 * @param rules the limits by path
	 */
	private record Prepared(@Nullable LimitedHandlers handlers, RequestPaths paths, RateLimitRules rules) {

	}

}
