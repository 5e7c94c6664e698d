package dev.weir.lease.engine;

import java.time.Duration;
import java.util.concurrent.Callable;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * Measures how long an action takes on a machine that may stall at any time. A stall
 * spoils one measurement, while code that is too slow spoils all of them. Therefore tests
 * compare an upper bound with the best of a few measurements.
 */
public final class Durations {

	private static final int TRIES = 8;

	private Durations() {
	}

	/**
	 * Measures an action once.
	 * @param action the action
	 * @return how long the action took
	 */
	public static Duration of(ThrowingCallable action) throws Exception {
		long start = System.nanoTime();
		try {
			action.call();
		}
		catch (Exception | Error ex) {
			throw ex;
		}
		catch (Throwable ex) {
			throw new IllegalStateException(ex);
		}
		return Duration.ofNanos(System.nanoTime() - start);
	}

	/**
	 * Repeats a measurement until its time is good enough, a few times at most.
	 * @param goodEnough the time below which no further measurement is needed
	 * @param measurement measures once
	 * @return the shortest time
	 */
	public static Duration best(Duration goodEnough, Callable<Duration> measurement) throws Exception {
		Duration best = measurement.call();
		for (int i = 1; i < TRIES && best.compareTo(goodEnough) >= 0; i++) {
			Duration next = measurement.call();
			best = (next.compareTo(best) < 0) ? next : best;
		}
		return best;
	}

}
