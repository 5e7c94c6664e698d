package dev.weir.redis;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Circuit breaker that spares callers the time-out while Redis does not answer. It opens
 * after a number of failures in a row. While it is open, it lets one call through as a
 * probe when the last probe or failure is one interval ago. Any answer closes the
 * circuit. Thread-safe.
 */
final class Circuit {

	private final int failuresToOpen;

	private final long probeIntervalNanos;

	private final LongSupplier clock;

	private final AtomicInteger failures = new AtomicInteger();

	private final AtomicLong lastProbe = new AtomicLong();

	Circuit(int failuresToOpen, long probeIntervalNanos, LongSupplier clock) {
		this.failuresToOpen = failuresToOpen;
		this.probeIntervalNanos = probeIntervalNanos;
		this.clock = clock;
	}

	/**
	 * Returns whether a call may be sent.
	 * @return whether the circuit is closed, or this call is the probe
	 */
	boolean permits() {
		if (!isOpen()) {
			return true;
		}
		long now = this.clock.getAsLong();
		long last = this.lastProbe.get();
		return now - last >= this.probeIntervalNanos && this.lastProbe.compareAndSet(last, now);
	}

	boolean isOpen() {
		return this.failures.get() >= this.failuresToOpen;
	}

	/**
	 * Records an answer.
	 * @return whether the answer has closed the circuit
	 */
	boolean answered() {
		// Reading first keeps the cache line shared in the usual case.
		return this.failures.get() != 0 && this.failures.getAndSet(0) >= this.failuresToOpen;
	}

	/**
	 * Records a call without an answer.
	 * @return whether the failure has opened the circuit
	 */
	boolean failed() {
		int before = this.failures.getAndUpdate((count) -> Math.min(count + 1, this.failuresToOpen));
		if (before + 1 >= this.failuresToOpen) {
			// The failed call counts as a probe, too, so the next probe can wait.
			this.lastProbe.set(this.clock.getAsLong());
		}
		return before + 1 == this.failuresToOpen;
	}

}
