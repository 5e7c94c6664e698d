package dev.weir.sample.live;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Counts the calls of this instance that have come to a guard, and those of them that it
 * has let in.
 */
class GuardedCalls implements MeterBinder {

	static final List<String> LOCKS = List.of("embedding_lock", "search_lock", "upsert_batch");

	static final List<String> SEMAPHORES = List.of("embedding_batch", "vector_upsert");

	private final Map<String, AtomicInteger> arrived = new ConcurrentHashMap<>();

	private final Map<String, AtomicInteger> inside = new ConcurrentHashMap<>();

	AtomicInteger arrived(String guard) {
		return this.arrived.computeIfAbsent(guard, (name) -> new AtomicInteger());
	}

	AtomicInteger inside(String guard) {
		return this.inside.computeIfAbsent(guard, (name) -> new AtomicInteger());
	}

	int waiting(String guard) {
		int in = inside(guard).get();
		// Not read at the same moment, so it may come out below zero.
		return Math.max(0, arrived(guard).get() - in);
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		for (List<String> guards : List.of(LOCKS, SEMAPHORES)) {
			for (String guard : guards) {
				Gauge.builder("sample.guard.waiting", () -> waiting(guard))
					.description("Calls of this instance that wait for a lock or a permit")
					.tag("guard", guard)
					.register(registry);
				Gauge.builder("sample.guard.running", () -> inside(guard).get())
					.description("Calls of this instance that a lock or semaphore has let in")
					.tag("guard", guard)
					.register(registry);
			}
		}
	}

}
