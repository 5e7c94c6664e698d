package dev.weir.observe;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import dev.weir.core.StoreListener;
import dev.weir.core.StoreProbe;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Counts and times the calls to Redis. {@code docs/metrics.md} lists the meters.
 */
public final class RedisMetrics implements StoreListener {

	private final MeterRegistry registry;

	private final Counter openings;

	/** Kept here, because the look-up in a registry takes longer. */
	private final ConcurrentMap<Calls, Timer> timers = new ConcurrentHashMap<>();

	/**
	 * Creates metrics.
	 * @param registry the registry of the meters
	 */
	public RedisMetrics(MeterRegistry registry) {
		this.registry = registry;
		this.openings = Counter.builder("weir.redis.circuit.openings")
			.description("How often Redis has failed several times in a row, so that calls were no longer sent")
			.register(registry);
	}

	/**
	 * Returns the meter for the state of the circuit.
	 * @param store the store
	 * @return the binder that registers the meter
	 */
	public static MeterBinder circuit(StoreProbe store) {
		return (registry) -> Gauge.builder("weir.redis.circuit.open", store, (probe) -> probe.isCircuitOpen() ? 1 : 0)
			.description("1 while Redis has not answered for a while and calls are not sent, else 0")
			.register(registry);
	}

	@Override
	public void called(String script, Duration time, Outcome outcome) {
		this.timers.computeIfAbsent(new Calls(script, outcome), this::timer).record(time);
	}

	private Timer timer(Calls calls) {
		return Timer.builder("weir.redis.script")
			.description("Time of one script call, including the way to Redis")
			.tag("script", calls.script())
			.tag("outcome", PolicyTags.text(calls.outcome()))
			.register(this.registry);
	}

	@Override
	public void circuitOpened(String reason) {
		this.openings.increment();
	}

	/**
	 * Calls that are counted together.
	 *
	 * @param script the name of the script
	 * @param outcome the outcome of the calls
	 */
	private record Calls(String script, Outcome outcome) {

	}

}
