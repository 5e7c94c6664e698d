package dev.weir.lease.engine;

import java.time.Duration;

/**
 * Converts durations to nanoseconds, for arithmetic with the times of a monotonic clock.
 */
final class Nanos {

	/**
	 * A time that is longer than any JVM runs, and short enough to be added to a time
	 * stamp.
	 */
	static final long FOREVER = Long.MAX_VALUE / 4;

	private static final Duration LONGEST = Duration.ofNanos(FOREVER);

	private Nanos() {
	}

	static long of(Duration duration) {
		return (duration.compareTo(LONGEST) < 0) ? duration.toNanos() : FOREVER;
	}

}
