package dev.weir.observe;

import java.time.Duration;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/**
 * Counts and times the calls to Redis. What the meters are is listed in
 * {@code docs/metrics.md}.
 */
public final class RedisMetrics {

	private final MeterRegistry registry;

	private final Counter openings;

	/**
	 * Creates metrics.
	 * @param registry where they are kept
	 */
	public RedisMetrics(MeterRegistry registry) {
		this.registry = registry;
		this.openings = Counter.builder("weir.redis.circuit.openings")
			.description("How often Redis has failed several times in a row, so that calls were no longer sent")
			.register(registry);
	}

	/**
	 * Records one call of a script.
	 * @param script its name
	 * @param outcome {@code answered}, {@code unavailable} or {@code error}
	 * @param time how long it took
	 */
	public void called(String script, String outcome, Duration time) {
		Timer.builder("weir.redis.script")
			.description("Time of one script call, including the way to Redis")
			.tag("script", script)
			.tag("outcome", outcome)
			.register(this.registry)
			.record(time);
	}

	/**
	 * Counts that the circuit has opened.
	 */
	public void circuitOpened() {
		this.openings.increment();
	}

}
