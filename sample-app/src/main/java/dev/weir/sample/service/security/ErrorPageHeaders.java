package dev.weir.sample.service.security;

import java.io.IOException;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.security.web.header.HeaderWriter;
import org.springframework.security.web.header.writers.ContentSecurityPolicyHeaderWriter;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Writes the content security policy of error pages, if it is missing. Spring Security
 * writes headers only when a request begins. So they are missing if it rejects the path,
 * or if a filter before it fails.
 */
final class ErrorPageHeaders extends OncePerRequestFilter {

	private final HeaderWriter policy = new ContentSecurityPolicyHeaderWriter(SecurityConfiguration.POLICY);

	@Override
	protected boolean shouldNotFilter(HttpServletRequest request) {
		return request.getDispatcherType() != DispatcherType.ERROR;
	}

	@Override
	protected boolean shouldNotFilterErrorDispatch() {
		return false;
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		this.policy.writeHeaders(request, response);
		chain.doFilter(request, response);
	}

}
