package dev.weir.benchmark.guard;

import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Occupancy;

/**
 * Acquires a key, visits the guarded place to check that not too many callers are inside,
 * and releases the key.
 */
public final class GuardContender implements Contender {

	/** Number of keys with which each thread has its own key. */
	public static final int OWN_KEYS = 256;

	private final Guard guard;

	private final int limit;

	private final Occupancy occupancy;

	private final List<String> keys;

	private final IntUnaryOperator place;

	/**
	 * Creates a contender.
	 * @param guard the lock or semaphore
	 * @param keys the number of keys; the threads are spread over them
	 * @param limit the number of callers that may hold a key at the same time
	 * @param environment the environment, which counts the visits
	 */
	public GuardContender(Guard guard, int keys, int limit, Environment environment) {
		this(guard, keys, limit, (thread) -> thread % keys, environment);
	}

	/**
	 * Creates a contender.
	 * @param guard the lock or semaphore
	 * @param keys the number of keys
	 * @param limit the number of callers that may hold a key at the same time
	 * @param place the function that maps the number of a thread to the number of its key
	 * @param environment the environment, which counts the visits
	 */
	public GuardContender(Guard guard, int keys, int limit, IntUnaryOperator place, Environment environment) {
		this.guard = guard;
		this.limit = limit;
		this.place = place;
		this.occupancy = environment.occupancy();
		this.keys = IntStream.range(0, keys).mapToObj((i) -> "benchmark:" + guard.name() + ":" + i).toList();
		this.keys.forEach(guard::prepare);
	}

	/**
	 * Returns a key.
	 * @param place the number of the key
	 * @return the key
	 */
	public String key(int place) {
		return this.keys.get(place);
	}

	@Override
	public String name() {
		return this.guard.name();
	}

	@Override
	public void operate(int thread) throws Exception {
		int place = this.place.applyAsInt(thread);
		Guard.Held held = this.guard.acquire(this.keys.get(place));
		try {
			this.occupancy.visit(place, this.limit);
		}
		finally {
			held.release();
		}
	}

	@Override
	public void close() {
		this.guard.close();
	}

}
