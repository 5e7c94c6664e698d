package dev.weir.benchmark.filter;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.web.servlet.RateLimitFilter;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Measures with JMH how long one filter takes for a request that has no limit. The path
 * of the request has the same first segment as the paths of methods with limits, so the
 * filter cannot decide by this segment alone. Before the measurement, this class checks
 * that the filter applies limits.
 */
@State(Scope.Benchmark)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
// JMH sets the fields.
@SuppressWarnings("NullAway.Init")
public class FilteredRequest {

	static final String EMPTY = "empty-filter";

	static final String WEIR = "weir-filter";

	@Param({ EMPTY, WEIR })
	private String contender = EMPTY;

	@Param({ "10", "1000" })
	private int mappings = 10;

	private final AtomicInteger passed = new AtomicInteger();

	private final FilterChain chain = (request, response) -> this.passed.incrementAndGet();

	private ConfigurableApplicationContext context;

	private Filter filter;

	private MockHttpServletRequest request;

	private MockHttpServletResponse response;

	/**
	 * Starts the application of the contender.
	 * @throws Exception if the filter does not apply limits
	 */
	@Setup
	public void start() throws Exception {
		this.context = MvcApplication.start(true, this.mappings);
		this.filter = this.contender.equals(WEIR) ? weir() : new Empty();
		this.request = new MockHttpServletRequest("GET", "/api/things" + this.mappings / 2 + "/1");
		this.response = new MockHttpServletResponse();
		check();
	}

	private Filter weir() {
		List<Filter> filters = this.context.getBeansOfType(FilterRegistrationBean.class)
			.values()
			.stream()
			.sorted(Comparator.comparing(FilterRegistrationBean::getOrder))
			.<Filter>map(FilterRegistrationBean::getFilter)
			.filter(RateLimitFilter.class::isInstance)
			.toList();
		Filter beforeSecurity = filters.get(0);
		Filter afterSecurity = filters.get(1);
		return (request, response, rest) -> beforeSecurity.doFilter(request, response,
				(same, answer) -> afterSecurity.doFilter(same, answer, rest));
	}

	private void check() throws Exception {
		int asked = 2 * MvcApplication.TIGHT;
		for (int i = 0; i < asked; i++) {
			this.filter.doFilter(new MockHttpServletRequest("GET", "/api/tight/1"), new MockHttpServletResponse(),
					this.chain);
		}
		int expected = this.contender.equals(WEIR) ? MvcApplication.TIGHT : asked;
		if (this.passed.get() != expected) {
			throw new IllegalStateException(
					this.contender + " let " + this.passed + " requests pass, expected " + expected);
		}
	}

	/**
	 * Closes the application.
	 */
	@TearDown
	public void stop() {
		this.context.close();
	}

	/**
	 * Sends the request through the filter.
	 * @return the number of requests that have passed
	 * @throws Exception never
	 */
	@Benchmark
	public int call() throws Exception {
		this.filter.doFilter(this.request, this.response, this.chain);
		return this.passed.get();
	}

	/**
	 * A filter of Spring that does nothing. It shows the cost that every filter has.
	 */
	private static final class Empty extends OncePerRequestFilter {

		@Override
		protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
				throws ServletException, IOException {
			chain.doFilter(request, response);
		}

	}

}
