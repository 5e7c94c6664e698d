package dev.weir.lease.engine;

import java.time.Duration;

/**
 * Durations as nanoseconds for monotonic arithmetic.
 */
final class Nanos {

	/**
	 * Longer than any JVM runs, and short enough to be added to a time stamp.
	 */
	static final long FOREVER = Long.MAX_VALUE / 4;

	private static final Duration LONGEST = Duration.ofNanos(FOREVER);

	private Nanos() {
	}

	static long of(Duration duration) {
		return (duration.compareTo(LONGEST) < 0) ? duration.toNanos() : FOREVER;
	}

}
