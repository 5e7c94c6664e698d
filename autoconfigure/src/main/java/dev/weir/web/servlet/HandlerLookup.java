package dev.weir.web.servlet;

import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import dev.weir.core.Log;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;

import org.springframework.web.servlet.HandlerExecutionChain;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import org.springframework.web.util.ServletRequestPathUtils;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * Asks the handler mappings of Spring MVC which handler will serve a request.
 * Thread-safe.
 *
 * @param mappings the handler mappings, in the order in which Spring MVC asks them
 */
public record HandlerLookup(List<HandlerMapping> mappings) {

	private static final Log logger = Log.of(HandlerLookup.class);

	public HandlerLookup {
		mappings = List.copyOf(mappings);
	}

	/**
	 * Finds the handler of a request. Never throws: if Spring MVC cannot find a handler,
	 * the dispatcher servlet reports this later.
	 * @param request the request, which is not changed
	 * @return the handler with its interceptors, {@code null} if there is none
	 */
	@Nullable HandlerExecutionChain find(HttpServletRequest request) {
		try {
			HttpServletRequest aside = new AttributesAside(request);
			ServletRequestPathUtils.parseAndCache(aside);
			for (HandlerMapping mapping : this.mappings) {
				HandlerExecutionChain chain = mapping.getHandler(aside);
				if (chain != null) {
					return chain;
				}
			}
		}
		catch (Exception ex) {
			// The method or the media type is wrong, or the path cannot be parsed.
			logger.debug("No handler for {} {}", request.getMethod(), request.getRequestURI(), ex);
		}
		return null;
	}

	/**
	 * Returns the parser with which the application matches paths.
	 * @return the parser of its controllers, or the default parser
	 */
	PathPatternParser patternParser() {
		return this.mappings.stream()
			.filter(RequestMappingHandlerMapping.class::isInstance)
			.map((mapping) -> ((RequestMappingHandlerMapping) mapping).getPatternParser())
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(PathPatternParser.defaultInstance);
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
