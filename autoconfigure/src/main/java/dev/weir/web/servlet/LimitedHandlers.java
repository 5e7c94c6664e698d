package dev.weir.web.servlet;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.RateLimitPolicy;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.MappingMatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.http.server.PathContainer;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerExecutionChain;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.mvc.condition.PathPatternsRequestCondition;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import org.springframework.web.util.ServletRequestPathUtils;
import org.springframework.web.util.pattern.PathPattern;

/**
 * Finds the rate limits of the controller method that will handle a request. Thread-safe.
 * <p>
 * To ask Spring MVC for the handler costs as much as to dispatch the request. So this
 * class asks only if the path matches a pattern of a limited method. For most other
 * requests, the first segment of the path is enough to exclude a match.
 */
final class LimitedHandlers {

	private static final Logger logger = LoggerFactory.getLogger(LimitedHandlers.class);

	private final List<HandlerMapping> mappings;

	/** The patterns of limited methods, by their first segment. */
	private final Map<String, List<PathPattern>> byFirstSegment = new HashMap<>();

	/** The patterns of limited methods that do not begin with a fixed segment. */
	private final List<PathPattern> others = new ArrayList<>();

	/** Whether a limited method has a mapping that this class cannot match by path. */
	private boolean alwaysAsk;

	private final RateLimitPolicies policies;

	/**
	 * Creates an index.
	 * @param mappings the handler mappings, in the order in which Spring MVC asks them
	 * @param policies the policies
	 */
	LimitedHandlers(List<HandlerMapping> mappings, RateLimitPolicies policies) {
		this.mappings = List.copyOf(mappings);
		this.policies = policies;
		for (HandlerMapping mapping : mappings) {
			if (mapping instanceof RequestMappingHandlerMapping methods) {
				methods.getHandlerMethods().forEach((info, handler) -> {
					if (!chargedHere(handler).isEmpty()) {
						add(info, methods);
					}
				});
			}
		}
	}

	private List<RateLimitPolicy> chargedHere(HandlerMethod handler) {
		List<RateLimitPolicy> found = this.policies.of(handler.getMethod());
		return found.stream().anyMatch(RateLimitPolicy::needsArguments) ? List.of() : found;
	}

	private void add(RequestMappingInfo info, RequestMappingHandlerMapping mapping) {
		PathPatternsRequestCondition condition = info.getPathPatternsCondition();
		if (condition == null || mapping.getPatternParser() == null || !mapping.getPatternParser().isCaseSensitive()) {
			this.alwaysAsk = true;
			return;
		}
		for (PathPattern pattern : condition.getPatterns()) {
			String first = firstSegment(pattern.getPatternString());
			if (first.isEmpty() || isPattern(first)) {
				this.others.add(pattern);
			}
			else {
				this.byFirstSegment.computeIfAbsent(first, (added) -> new ArrayList<>()).add(pattern);
			}
		}
	}

	private static boolean isPattern(String segment) {
		return segment.indexOf('{') >= 0 || segment.indexOf('*') >= 0 || segment.indexOf('?') >= 0;
	}

	/**
	 * Finds the limited method that will handle a request.
	 * @param request the request, which is not changed
	 * @return the method with its bean, {@code null} if the request has no limit that can
	 * be charged now
	 */
	@Nullable Limited find(HttpServletRequest request) {
		if (!mayConcern(request)) {
			return null;
		}
		HandlerMethod handler = handler(request);
		List<RateLimitPolicy> found = (handler != null) ? chargedHere(handler) : List.of();
		return (handler != null && !found.isEmpty()) ? new Limited(handler, found) : null;
	}

	private boolean mayConcern(HttpServletRequest request) {
		if (this.alwaysAsk) {
			return true;
		}
		if (this.byFirstSegment.isEmpty() && this.others.isEmpty()) {
			return false;
		}
		String uri = request.getRequestURI();
		// Only Spring's parser can match a path that is encoded or has parameters.
		boolean plain = uri.indexOf('%') < 0 && uri.indexOf(';') < 0
				&& request.getHttpServletMapping().getMappingMatch() != MappingMatch.PATH;
		List<PathPattern> candidates = plain ? this.byFirstSegment
			.getOrDefault(firstSegment(uri.substring(request.getContextPath().length())), List.of())
				: this.byFirstSegment.values().stream().flatMap(List::stream).toList();
		if (candidates.isEmpty() && this.others.isEmpty()) {
			return false;
		}
		PathContainer path = path(request);
		return matches(candidates, path) || matches(this.others, path);
	}

	private static boolean matches(List<PathPattern> patterns, PathContainer path) {
		for (PathPattern pattern : patterns) {
			if (pattern.matches(path)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Returns the path that is matched against the patterns.
	 * @param request the request
	 * @return the path within the application, or within the servlet
	 */
	static PathContainer path(HttpServletRequest request) {
		return ServletRequestPathUtils.parse(request).pathWithinApplication();
	}

	private static String firstSegment(String path) {
		int start = path.startsWith("/") ? 1 : 0;
		int end = path.indexOf('/', start);
		return path.substring(start, (end >= 0) ? end : path.length());
	}

	private @Nullable HandlerMethod handler(HttpServletRequest request) {
		HttpServletRequest aside = new AttributesAside(request);
		ServletRequestPathUtils.parseAndCache(aside);
		for (HandlerMapping mapping : this.mappings) {
			try {
				HandlerExecutionChain chain = mapping.getHandler(aside);
				if (chain != null) {
					return (chain.getHandler() instanceof HandlerMethod handler) ? handler.createWithResolvedBean()
							: null;
				}
			}
			catch (Exception ex) {
				// No handler matches, because the method or the media type is wrong. The
				// dispatcher servlet reports this.
				logger.debug("No handler for {} {}", request.getMethod(), request.getRequestURI(), ex);
				return null;
			}
		}
		return null;
	}

	/**
	 * A limited method.
	 *
	 * @param handler the method with its bean
	 * @param policies the policies of the method
	 */
	record Limited(HandlerMethod handler, List<RateLimitPolicy> policies) {

	}

	/**
	 * Keeps the attributes that a handler mapping sets apart from the request, because
	 * Spring MVC will ask the mapping again.
	 */
	private static final class AttributesAside extends HttpServletRequestWrapper {

		private final Map<String, @Nullable Object> aside = new HashMap<>();

		private AttributesAside(HttpServletRequest request) {
			super(request);
		}

		@Override
		public @Nullable Object getAttribute(String name) {
			return this.aside.containsKey(name) ? this.aside.get(name) : super.getAttribute(name);
		}

		@Override
		public void setAttribute(String name, @Nullable Object value) {
			this.aside.put(name, value);
		}

		@Override
		public void removeAttribute(String name) {
			this.aside.put(name, null);
		}

		@Override
		public Enumeration<String> getAttributeNames() {
			Set<String> names = new LinkedHashSet<>(Collections.list(super.getAttributeNames()));
			this.aside.forEach((name, value) -> {
				if (value != null) {
					names.add(name);
				}
				else {
					names.remove(name);
				}
			});
			return Collections.enumeration(names);
		}

	}

}
