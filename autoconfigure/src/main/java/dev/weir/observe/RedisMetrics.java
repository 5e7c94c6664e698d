package dev.weir.observe;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

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

	/** A registry takes longer to find a meter. */
	private final ConcurrentMap<Calls, Timer> timers = new ConcurrentHashMap<>();

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
		this.timers.computeIfAbsent(new Calls(script, outcome), this::timer).record(time);
	}

	private Timer timer(Calls calls) {
		return Timer.builder("weir.redis.script")
			.description("Time of one script call, including the way to Redis")
			.tag("script", calls.script())
			.tag("outcome", calls.outcome())
			.register(this.registry);
	}

	/**
	 * Counts that the circuit has opened.
	 */
	public void circuitOpened() {
		this.openings.increment();
	}

	/**
	 * Calls that are counted together.
	 *
	 * @param script the name of the script
	 * @param outcome how they ended
	 */
	private record Calls(String script, String outcome) {

	}

}
