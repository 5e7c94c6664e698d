package dev.weir.web.servlet;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsConfigurationSource;
import org.springframework.web.cors.CorsUtils;
import org.springframework.web.cors.DefaultCorsProcessor;
import org.springframework.web.servlet.HandlerExecutionChain;

/**
 * Writes the CORS headers of a response that the filter sends in place of the handler.
 * Without these headers, a browser hides the status and {@code Retry-After} from the page
 * that sent the request. The headers are those that the handler's response would have.
 * Thread-safe.
 *
 * @param lookup the supplier of the handlers, which have a CORS configuration each
 * @param source the supplier of the CORS configuration of Spring Security; returns
 * {@code null} if there is none
 * @see <a href="https://fetch.spec.whatwg.org/#http-cors-protocol">CORS protocol</a>
 */
public record CorsHeaders(Supplier<HandlerLookup> lookup, Supplier<@Nullable CorsConfigurationSource> source) {

	private static final DefaultCorsProcessor processor = new DefaultCorsProcessor();

	/**
	 * Writes the headers, unless they were written before or the origin is not allowed.
	 * @param request the request, which is not a preflight
	 * @param response the response
	 * @throws IOException if the client is gone
	 */
	void write(HttpServletRequest request, HttpServletResponse response) throws IOException {
		CorsConfiguration configuration = configuration(request);
		if (configuration != null && isAllowed(configuration, request)) {
			processor.processRequest(configuration, request, response);
		}
	}

	private @Nullable CorsConfiguration configuration(HttpServletRequest request) {
		CorsConfigurationSource security = this.source.get();
		CorsConfiguration configuration = (security != null) ? security.getCorsConfiguration(request) : null;
		return (configuration != null) ? configuration : ofHandler(request);
	}

	private @Nullable CorsConfiguration ofHandler(HttpServletRequest request) {
		HandlerExecutionChain chain = this.lookup.get().find(request);
		if (chain == null) {
			return null;
		}
		// Spring MVC adds the configuration as an interceptor.
		List<Object> sources = new ArrayList<>(chain.getInterceptorList());
		sources.add(chain.getHandler());
		for (Object candidate : sources) {
			if (candidate instanceof CorsConfigurationSource found) {
				return found.getCorsConfiguration(request);
			}
		}
		return null;
	}

	private static boolean isAllowed(CorsConfiguration configuration, HttpServletRequest request) {
		return !CorsUtils.isCorsRequest(request)
				|| (configuration.checkOrigin(request.getHeader(HttpHeaders.ORIGIN)) != null
						&& configuration.checkHttpMethod(HttpMethod.valueOf(request.getMethod())) != null);
	}

	/**
	 * Lets pages of an allowed origin read headers of a response.
	 * @param response the response
	 * @param headers the names of the headers
	 */
	static void expose(HttpServletResponse response, List<String> headers) {
		if (response.containsHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN) && !headers.isEmpty()) {
			response.addHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, String.join(", ", headers));
		}
	}

}
