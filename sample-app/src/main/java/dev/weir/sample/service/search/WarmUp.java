package dev.weir.sample.service.search;

import java.io.IOException;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Connects to Redis and reads the documents into the copy of this instance, in the
 * background. The attempts continue until they succeed. Before that the instance is not
 * ready (health group {@code readiness}) and answers requests with status 503. Otherwise
 * the first requests would queue for the connection, and would wait for as long as all
 * requests before them together if Redis does not answer.
 */
@Component("warmUp")
class WarmUp extends OncePerRequestFilter implements HealthIndicator, InitializingBean, DisposableBean {

	private static final long PAUSE_MILLIS = 250;

	private static final Logger logger = LoggerFactory.getLogger(WarmUp.class);

	private final VectorStore documents;

	private final Thread thread;

	private volatile boolean done;

	WarmUp(VectorStore documents) {
		this.documents = documents;
		this.thread = new Thread(this::run, "warm-up");
		this.thread.setDaemon(true);
	}

	@Override
	public void afterPropertiesSet() {
		this.thread.start();
	}

	@Override
	public void destroy() {
		this.thread.interrupt();
	}

	@Override
	public Health health() {
		return (this.done ? Health.up() : Health.outOfService()).build();
	}

	@Override
	protected boolean shouldNotFilter(HttpServletRequest request) {
		return this.done || !request.getRequestURI().startsWith(request.getContextPath() + "/api/");
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		response.setHeader(HttpHeaders.RETRY_AFTER, "1");
		response.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
	}

	private void run() {
		try {
			for (boolean first = true; !tryToLoad(first); first = false) {
				Thread.sleep(PAUSE_MILLIS);
			}
			this.done = true;
		}
		catch (InterruptedException ex) {
			logger.debug("The application ended before it was connected to Redis");
		}
	}

	private boolean tryToLoad(boolean first) {
		try {
			this.documents.catchUp();
			return true;
		}
		catch (RuntimeException ex) {
			if (first) {
				logger.warn(
						"Redis gives no usable answer: {}. The application tries again until it can read the documents",
						NestedExceptionUtils.getMostSpecificCause(ex).getMessage());
			}
			return false;
		}
	}

}
