package dev.weir.benchmark.guard;

import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Occupancy;

/**
 * Acquires, visits the guarded place to see that nobody is there who may not be, and
 * releases.
 */
public final class GuardContender implements Contender {

	/** So many keys that each thread has its own. */
	public static final int OWN_KEYS = 16;

	private final Guard guard;

	private final int limit;

	private final Occupancy occupancy;

	private final List<String> keys;

	private final IntUnaryOperator place;

	/**
	 * Creates a contender.
	 * @param guard what guards
	 * @param keys how many keys there are: the threads are spread over them
	 * @param limit how many callers a key may have at a time
	 * @param environment where the visits are counted
	 */
	public GuardContender(Guard guard, int keys, int limit, Environment environment) {
		this(guard, keys, limit, (thread) -> thread % keys, environment);
	}

	/**
	 * Creates a contender.
	 * @param guard what guards
	 * @param keys how many keys there are
	 * @param limit how many callers a key may have at a time
	 * @param place says, for the number of a thread, which key it uses
	 * @param environment where the visits are counted
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
	 * @param place its number
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
