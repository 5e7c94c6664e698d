package dev.weir.web.servlet;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import dev.weir.core.Log;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServletMapping;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.MappingMatch;
import org.jspecify.annotations.Nullable;

import org.springframework.http.server.PathContainer;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.resource.ResourceHandlerUtils;
import org.springframework.web.util.ServletRequestPathUtils;
import org.springframework.web.util.UriUtils;

/**
 * Finds the paths under which a request may be served. The parts of an application read
 * the path of a request in different ways: Spring MVC matches the path as the client sent
 * it, a servlet container decodes and normalizes the path to find a servlet, and the
 * handler for static files removes double slashes. A limit must apply under each of these
 * paths. Thread-safe.
 * <p>
 * Paths begin after the context path. For a {@link DispatcherServlet} with a prefix
 * ({@code spring.mvc.servlet.path}), they begin after that prefix, as in
 * {@code @RequestMapping}.
 */
final class RequestPaths {

	private static final Log logger = Log.of(RequestPaths.class);

	/** For paths that are already decoded. */
	private static final PathContainer.Options DECODED = PathContainer.Options.create('/', false);

	/** Whether a servlet is a dispatcher servlet, by the name of the servlet. */
	private final Map<String, Boolean> dispatchers = new ConcurrentHashMap<>();

	/**
	 * Returns the path that Spring MVC matches.
	 * @param request the request
	 * @return the path, {@code null} if Spring MVC does not serve the request or cannot
	 * parse its path
	 */
	@Nullable PathContainer ofSpringMvc(HttpServletRequest request) {
		if (!isForDispatcher(request)) {
			return null;
		}
		try {
			return ServletRequestPathUtils.parse(request).pathWithinApplication();
		}
		catch (IllegalArgumentException ex) {
			logger.debug("Spring MVC cannot parse the path {}", request.getRequestURI(), ex);
			return null;
		}
	}

	/**
	 * Returns all paths under which a request may be served.
	 * @param request the request
	 * @return the paths, at least one
	 */
	List<PathContainer> all(HttpServletRequest request) {
		PathContainer asSent = ofSpringMvc(request);
		if (asSent != null && isPlain(request.getRequestURI())) {
			return List.of(asSent);
		}
		List<PathContainer> paths = new ArrayList<>();
		if (asSent != null) {
			paths.add(asSent);
		}
		Set<String> decoded = new LinkedHashSet<>();
		decoded.add(inServlet(request));
		if (asSent != null) {
			decoded.add(cleaned(decoded(asSent.value())));
		}
		decoded.forEach((added) -> paths.add(PathContainer.parsePath(added, DECODED)));
		return paths;
	}

	/**
	 * Returns whether all parts of an application read a path in the same way.
	 * @param uri the path of the URI
	 * @return whether the path has neither encoded characters, nor parameters, nor
	 * segments that are removed
	 */
	static boolean isPlain(String uri) {
		char previous = 0;
		for (int i = 0; i < uri.length(); i++) {
			char character = uri.charAt(i);
			boolean special = character == '%' || character == ';' || character == '\\';
			if (special || (previous == '/' && (character == '/' || character == '.'))) {
				return false;
			}
			previous = character;
		}
		return true;
	}

	/**
	 * Returns the path as the container has decoded and normalized it.
	 * @param request the request
	 * @return the path, which begins with a slash
	 */
	private String inServlet(HttpServletRequest request) {
		String pathInfo = request.getPathInfo();
		String rest = (pathInfo != null) ? pathInfo : "";
		String path = (isForDispatcher(request) && isPrefixed(request)) ? rest : request.getServletPath() + rest;
		return path.startsWith("/") ? path : "/" + path;
	}

	private static String decoded(String path) {
		try {
			return UriUtils.decode(path, StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			return path;
		}
	}

	private static String cleaned(String path) {
		// The path of a resource is relative, and "." and ".." are resolved.
		String resource = StringUtils.cleanPath(ResourceHandlerUtils.normalizeInputPath(path));
		return resource.startsWith("/") ? resource : "/" + resource;
	}

	/**
	 * Returns whether the servlet of a request has a prefix.
	 * @param request the request
	 * @return whether the servlet is mapped by a pattern such as {@code /api/*}
	 */
	static boolean isPrefixed(HttpServletRequest request) {
		return request.getHttpServletMapping().getMappingMatch() == MappingMatch.PATH;
	}

	private boolean isForDispatcher(HttpServletRequest request) {
		HttpServletMapping mapping = request.getHttpServletMapping();
		String servlet = mapping.getServletName();
		if (!StringUtils.hasLength(servlet)) {
			return true;
		}
		Boolean known = this.dispatchers.get(servlet);
		return (known != null) ? known
				: this.dispatchers.computeIfAbsent(servlet, (name) -> isDispatcher(request, name));
	}

	private static boolean isDispatcher(HttpServletRequest request, String name) {
		ServletRegistration servlet = request.getServletContext().getServletRegistration(name);
		String type = (servlet != null) ? servlet.getClassName() : null;
		if (type == null) {
			return false;
		}
		ClassLoader loader = request.getServletContext().getClassLoader();
		return ClassUtils.isPresent(type, loader)
				&& DispatcherServlet.class.isAssignableFrom(ClassUtils.resolveClassName(type, loader));
	}

}
