package dev.weir.benchmark.run;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts who is inside a guarded place, over all JVMs of a run. Thread-safe.
 */
public final class Occupancy {

	/** How many places there are. */
	public static final int PLACES = SharedCounters.SIZE / 2;

	/**
	 * How long a visit takes. Long enough for a second visitor to be seen, which an empty
	 * visit is not; short beside a round trip.
	 */
	private static final long VISIT_NANOS = TimeUnit.MICROSECONDS.toNanos(5);

	/**
	 * How long a visit takes when all that matters is who else comes. The visitor sleeps:
	 * on few processors, visitors that work are rarely there at the same time.
	 */
	private static final long LONG_VISIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

	private final SharedCounters counters;

	Occupancy(SharedCounters counters) {
		this.counters = counters;
	}

	/**
	 * Goes into a place, stays there for a moment, and leaves it.
	 * @param place the number of the place, below {@link #PLACES}
	 * @param limit how many visitors may be in that place
	 * @throws OverlapException if there were more
	 */
	public void visit(int place, int limit) {
		int inside = this.counters.add(place, 1);
		try {
			if (inside > limit) {
				throw new OverlapException(inside, limit);
			}
			stay();
		}
		finally {
			this.counters.add(place, -1);
		}
	}

	private void stay() {
		if (this.counters.isChecking()) {
			LockSupport.parkNanos(LONG_VISIT_NANOS);
			return;
		}
		long begin = System.nanoTime();
		while (System.nanoTime() - begin < VISIT_NANOS) {
			Thread.onSpinWait();
		}
	}

}
