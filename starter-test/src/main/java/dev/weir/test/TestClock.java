package dev.weir.test;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The clocks of a test. The clock of leases runs in real time and can be moved; the clock
 * of buckets only changes when it is moved. Thread-safe.
 */
final class TestClock {

	/**
	 * More than the time by which a rate limiter may be ahead of its store. So tokens
	 * that are due after a move are due for certain.
	 */
	private static final long TOLERANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

	private final AtomicLong ofLeases = new AtomicLong();

	private final AtomicLong ofBuckets = new AtomicLong(TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()));

	void advance(Duration time) {
		this.ofLeases.addAndGet(time.toNanos());
		this.ofBuckets.addAndGet(time.toNanos() + TOLERANCE_NANOS);
	}

	long nanosOfLeases() {
		return System.nanoTime() + this.ofLeases.get();
	}

	long microsOfBuckets() {
		return TimeUnit.NANOSECONDS.toMicros(this.ofBuckets.get());
	}

}
