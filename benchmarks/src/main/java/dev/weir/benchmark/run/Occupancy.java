package dev.weir.benchmark.run;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts the callers inside each guarded place, over all JVMs of a run. Thread-safe.
 */
public final class Occupancy {

	/** Number of places. */
	public static final int PLACES = SharedCounters.SIZE / 2;

	/**
	 * Duration of a visit. It is long enough to detect a second visitor, which an empty
	 * visit is not, and short compared with a round trip.
	 */
	private static final long VISIT_NANOS = TimeUnit.MICROSECONDS.toNanos(5);

	/**
	 * Duration of a visit in a check, which only has to detect other visitors. The
	 * visitor sleeps, because on few processors busy visitors are rarely inside at the
	 * same time.
	 */
	private static final long LONG_VISIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

	private final SharedCounters counters;

	Occupancy(SharedCounters counters) {
		this.counters = counters;
	}

	/**
	 * Enters a place, stays there for a moment, and leaves it.
	 * @param place the number of the place, below {@link #PLACES}
	 * @param limit the number of visitors that may be in the place
	 * @throws OverlapException if there are more visitors
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
