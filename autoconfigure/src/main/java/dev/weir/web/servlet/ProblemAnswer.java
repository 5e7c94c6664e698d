package dev.weir.web.servlet;

import java.io.IOException;
import java.util.Collections;
import java.util.List;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.util.MimeTypeUtils;

/**
 * Answers a request with problem details (RFC 9457). A client that prefers HTML, such as
 * a browser, gets the error page of the application for that status.
 */
final class ProblemAnswer {

	/** The headers that a page of another origin needs to retry in time. */
	private static final List<String> READABLE = List.of(HttpHeaders.RETRY_AFTER, "RateLimit-Policy", "RateLimit",
			"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset");

	private ProblemAnswer() {
	}

	/**
	 * Answers a request.
	 * @param problem the problem, with its status
	 * @param headers the headers of the response
	 * @param request the request
	 * @param response its response
	 * @return the problem details, {@code null} if the error page is sent
	 * @throws IOException if the client is gone
	 */
	static @Nullable ResponseEntity<ProblemDetail> send(ProblemDetail problem, HttpHeaders headers,
			HttpServletRequest request, HttpServletResponse response) throws IOException {
		CorsHeaders.expose(response,
				READABLE.stream()
					.filter((name) -> headers.containsHeader(name) || response.containsHeader(name))
					.toList());
		if (prefersHtml(request)) {
			headers.forEach((name, values) -> values.forEach((value) -> response.addHeader(name, value)));
			response.sendError(problem.getStatus());
			return null;
		}
		headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
		return new ResponseEntity<>(problem, headers, problem.getStatus());
	}

	/**
	 * Returns whether {@code Accept} names {@code text/html} before each type that
	 * problem details satisfy.
	 * @param request the request
	 * @return whether the client prefers HTML
	 */
	private static boolean prefersHtml(HttpServletRequest request) {
		try {
			List<MediaType> accepted = MediaType
				.parseMediaTypes(Collections.list(request.getHeaders(HttpHeaders.ACCEPT)));
			MimeTypeUtils.sortBySpecificity(accepted);
			for (MediaType type : accepted) {
				if (type.includes(MediaType.APPLICATION_PROBLEM_JSON) || type.includes(MediaType.APPLICATION_JSON)) {
					return false;
				}
				if (type.includes(MediaType.TEXT_HTML)) {
					return true;
				}
			}
			return false;
		}
		catch (InvalidMediaTypeException ex) {
			return false;
		}
	}

}
