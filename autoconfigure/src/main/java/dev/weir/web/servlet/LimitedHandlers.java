package dev.weir.web.servlet;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.RateLimitPolicy;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.server.PathContainer;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerExecutionChain;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.mvc.condition.PathPatternsRequestCondition;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import org.springframework.web.util.pattern.PathPattern;

/**
 * Finds the rate limits of the controller method that will handle a request. Thread-safe.
 * <p>
 * To ask Spring MVC for the handler costs as much as to dispatch the request. So this
 * class asks only if the path matches a pattern of a limited method. For most other
 * requests, the first segment of the path is enough to exclude a match.
 */
final class LimitedHandlers {

	private final HandlerLookup lookup;

	private final RequestPaths paths;

	/** The patterns of limited methods, by their first segment. */
	private final Map<String, List<PathPattern>> byFirstSegment = new HashMap<>();

	/** The patterns of limited methods that do not begin with a fixed segment. */
	private final List<PathPattern> others = new ArrayList<>();

	/** Whether a limited method has a mapping that this class cannot match by path. */
	private boolean alwaysAsk;

	private final RateLimitPolicies policies;

	/**
	 * Creates an index.
	 * @param lookup the handler mappings
	 * @param paths the paths of requests
	 * @param policies the policies
	 */
	LimitedHandlers(HandlerLookup lookup, RequestPaths paths, RateLimitPolicies policies) {
		this.lookup = lookup;
		this.paths = paths;
		this.policies = policies;
		for (HandlerMapping mapping : lookup.mappings()) {
			if (mapping instanceof RequestMappingHandlerMapping methods) {
				methods.getHandlerMethods().forEach((info, handler) -> {
					if (!chargedHere(TargetMethod.of(handler)).isEmpty()) {
						add(info, methods);
					}
				});
			}
		}
	}

	private List<RateLimitPolicy> chargedHere(Method method) {
		List<RateLimitPolicy> found = this.policies.of(method);
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
		HandlerExecutionChain chain = this.lookup.find(request);
		if (chain == null || !(chain.getHandler() instanceof HandlerMethod found)) {
			return null;
		}
		HandlerMethod handler = found.createWithResolvedBean();
		Method method = TargetMethod.of(handler);
		List<RateLimitPolicy> charged = chargedHere(method);
		return charged.isEmpty() ? null : new Limited(method, handler.getBean(), charged);
	}

	private boolean mayConcern(HttpServletRequest request) {
		if (this.alwaysAsk) {
			return true;
		}
		if (this.byFirstSegment.isEmpty() && this.others.isEmpty()) {
			return false;
		}
		if (this.others.isEmpty() && isExcludedByFirstSegment(request)) {
			return false;
		}
		PathContainer path = this.paths.ofSpringMvc(request);
		if (path == null) {
			return false;
		}
		// Only Spring's parser can match a path that is encoded or has parameters.
		List<PathPattern> candidates = RequestPaths.isPlain(path.value())
				? this.byFirstSegment.getOrDefault(firstSegment(path.value()), List.of())
				: this.byFirstSegment.values().stream().flatMap(List::stream).toList();
		return matches(candidates, path) || matches(this.others, path);
	}

	private boolean isExcludedByFirstSegment(HttpServletRequest request) {
		String uri = request.getRequestURI();
		String context = request.getContextPath();
		return RequestPaths.isPlain(uri) && !RequestPaths.isPrefixed(request) && uri.startsWith(context)
				&& !this.byFirstSegment.containsKey(firstSegment(uri.substring(context.length())));
	}

	private static boolean matches(List<PathPattern> patterns, PathContainer path) {
		for (PathPattern pattern : patterns) {
			if (pattern.matches(path)) {
				return true;
			}
		}
		return false;
	}

	private static String firstSegment(String path) {
		int start = path.startsWith("/") ? 1 : 0;
		int end = path.indexOf('/', start);
		return path.substring(start, (end >= 0) ? end : path.length());
	}

	/**
	 * A limited method.
	 *
	 * @param method the method of the class of the bean
	 * @param bean the bean
	 * @param policies the policies of the method
	 */
	record Limited(Method method, Object bean, List<RateLimitPolicy> policies) {

	}

}
