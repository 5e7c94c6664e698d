package dev.weir.sample;

import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * Measures durations on a machine that may stall at any time. A stall affects one
 * measurement, while slow code affects all of them. So tests compare an upper bound with
 * the shortest of a few measurements.
 */
final class Durations {

	private static final int TRIES = 4;

	private Durations() {
	}

	/**
	 * Repeats a measurement until the duration is short enough, a few times at most.
	 * @param goodEnough the duration below which no more measurements are necessary
	 * @param measurement one measurement
	 * @return the shortest duration
	 */
	static Duration best(Duration goodEnough, Callable<Duration> measurement) throws Exception {
		Duration best = measurement.call();
		for (int i = 1; i < TRIES && best.compareTo(goodEnough) >= 0; i++) {
			Duration next = measurement.call();
			best = (next.compareTo(best) < 0) ? next : best;
		}
		return best;
	}

}
