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

	/** Kept here, because the look-up in a registry takes longer. */
	private final ConcurrentMap<Calls, Timer> timers = new ConcurrentHashMap<>();

	/**
	 * Creates metrics.
	 * @param registry the registry of the meters
	 */
	public RedisMetrics(MeterRegistry registry) {
		this.registry = registry;
	}

	/**
	 * Returns the meter for the state of the circuits.
	 * @param store the store
	 * @return the binder that registers the meter
	 */
	public static MeterBinder circuits(StoreProbe store) {
		return (registry) -> Gauge
			.builder("weir.redis.circuit.open", store,
					(probe) -> probe.circuits().values().stream().filter((open) -> open).count())
			.description("The number of masters of Redis that have not answered for a while and get no calls")
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
	public void circuitOpened(String master, String reason) {
		Counter.builder("weir.redis.circuit.openings")
			.description("How often a master has failed several times in a row, so that it got no more calls")
			.tag("master", master)
			.register(this.registry)
			.increment();
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
