package dev.weir.test;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The time of leases, which passes by itself and can be moved, and that of buckets, which
 * only moves. Thread-safe.
 */
final class TestClock {

	/**
	 * How far ahead of its store's time a rate limiter may work, and more: what is due
	 * after the time that passes is then due for certain.
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
