package dev.weir.sample.service.security;

import java.io.IOException;
import java.util.Set;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.util.unit.DataSize;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Rejects requests whose body is too large (status 413) or has no stated length (411).
 * Otherwise the whole body would be in memory before it is validated, or before another
 * filter reads it.
 */
final class BodyLimit extends OncePerRequestFilter {

	private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");

	private static final long MAX_BYTES = DataSize.ofMegabytes(2).toBytes();

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		if (request.getHeader("Transfer-Encoding") != null || isUnknown(request)) {
			response.sendError(HttpServletResponse.SC_LENGTH_REQUIRED);
		}
		else if (request.getContentLengthLong() > MAX_BYTES) {
			response.sendError(HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE);
		}
		else {
			chain.doFilter(request, response);
		}
	}

	private static boolean isUnknown(HttpServletRequest request) {
		// HTTP/2 has no transfer encodings.
		return request.getContentLengthLong() < 0 && request.getProtocol().startsWith("HTTP/2")
				&& WITH_BODY.contains(request.getMethod());
	}

}
