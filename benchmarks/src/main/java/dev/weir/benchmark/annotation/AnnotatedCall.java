package dev.weir.benchmark.annotation;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Measures one call of an annotated method with JMH. Before the measurement, this class
 * checks that the contender guards the method.
 */
@State(Scope.Benchmark)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
// JMH sets the fields.
@SuppressWarnings("NullAway.Init")
public class AnnotatedCall {

	private static final int CALLERS = 8;

	@Param({ Subjects.PLAIN, Subjects.CACHE, Subjects.CONCURRENCY_LIMIT, Subjects.BULKHEAD, Subjects.SEMAPHORE,
			Subjects.LOCK, Subjects.RATE_LIMITER, Subjects.RATE_LIMITED })
	private String contender = Subjects.PLAIN;

	private ConfigurableApplicationContext context;

	private GuardedService service;

	private int value;

	/**
	 * Starts the context of the contender.
	 * @throws Exception if the contender does not guard the method
	 */
	@Setup
	public void start() throws Exception {
		this.context = new SpringApplicationBuilder(Subjects.configuration(this.contender)).web(WebApplicationType.NONE)
			.properties("weir.store=local", "spring.main.banner-mode=off", "spring.main.log-startup-info=false")
			.run();
		this.service = this.context.getBean(GuardedService.class);
		check();
	}

	/**
	 * Closes the context.
	 */
	@TearDown
	public void stop() {
		this.context.close();
	}

	/**
	 * Calls the guarded method.
	 * @return the return value of the method
	 */
	@Benchmark
	public int call() {
		return this.service.call(this.value);
	}

	private void check() throws Exception {
		// The second call returns the value that the first call has cached.
		for (int i = 0; i < 2; i++) {
			if (call() != this.value + 1) {
				throw new IllegalStateException(this.contender + " returns a wrong value");
			}
		}
		switch (this.contender) {
			case Subjects.CONCURRENCY_LIMIT, Subjects.BULKHEAD, Subjects.SEMAPHORE ->
				checkMostInside(GuardedService.TIGHT);
			case Subjects.LOCK -> checkMostInside(1);
			case Subjects.RATE_LIMITER, Subjects.RATE_LIMITED -> checkAdmitted(GuardedService.TIGHT);
			default -> {
			}
		}
	}

	private void checkMostInside(int limit) throws Exception {
		AtomicInteger inside = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
		try {
			List<Future<?>> calls = new ArrayList<>();
			for (int i = 0; i < 5 * CALLERS; i++) {
				calls.add(callers.submit(() -> this.service.tight(() -> {
					most.accumulateAndGet(inside.incrementAndGet(), Math::max);
					LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
					inside.decrementAndGet();
				})));
			}
			for (Future<?> call : calls) {
				call.get(60, TimeUnit.SECONDS);
			}
		}
		finally {
			callers.shutdownNow();
		}
		if (most.get() != limit) {
			throw new IllegalStateException(
					this.contender + ": " + most + " callers were inside at the same time, expected " + limit);
		}
	}

	private void checkAdmitted(int limit) {
		AtomicInteger admitted = new AtomicInteger();
		for (int i = 0; i < 5 * limit; i++) {
			try {
				this.service.tight(admitted::incrementAndGet);
			}
			catch (RuntimeException ex) {
				// The call was denied.
			}
		}
		if (admitted.get() != limit) {
			throw new IllegalStateException(
					this.contender + ": " + admitted + " callers were admitted, expected " + limit);
		}
	}

}
