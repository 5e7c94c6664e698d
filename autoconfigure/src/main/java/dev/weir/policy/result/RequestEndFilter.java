package dev.weir.policy.result;

import java.io.IOException;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;

/**
 * Notices the end of requests whose container does not notify its listeners. It filters
 * asynchronous dispatches only. Thread-safe.
 */
public final class RequestEndFilter implements Filter {

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		try {
			chain.doFilter(request, response);
		}
		finally {
			RequestEnd.afterDispatch(request);
		}
	}

}
