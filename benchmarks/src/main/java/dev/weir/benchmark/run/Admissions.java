package dev.weir.benchmark.run;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts the callers that were let through, over all JVMs of a run. Thread-safe.
 */
public final class Admissions {

	/** Number of counters of each contender. */
	public static final int KEYS = 256;

	/** Longest time until a caller that was admitted has counted itself. */
	private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

	private static final int FIRST = Occupancy.PLACES;

	private final SharedCounters counters;

	Admissions(SharedCounters counters) {
		this.counters = counters;
	}

	/**
	 * Counts a caller.
	 * @param contender the number of the contender in its suite
	 * @param key the number of the key, below {@link #KEYS}
	 * @param allowed whether the caller was let through
	 * @param limit the number of callers that must be let through in total
	 * @throws AdmissionException if more callers were let through, or if this caller was
	 * denied although fewer callers were let through
	 */
	public void count(int contender, int key, boolean allowed, int limit) {
		int counter = FIRST + contender * KEYS + key;
		if (counter >= SharedCounters.SIZE) {
			throw new IllegalArgumentException("There are too many contenders");
		}
		if (allowed) {
			int admitted = this.counters.add(counter, 1);
			if (admitted > limit) {
				throw new AdmissionException(admitted, limit);
			}
			return;
		}
		// The caller that took the last token may not have counted itself yet.
		long begin = System.nanoTime();
		while (this.counters.get(counter) < limit) {
			if (System.nanoTime() - begin > PATIENCE_NANOS) {
				throw new AdmissionException(this.counters.get(counter), limit);
			}
			LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
		}
	}

}
