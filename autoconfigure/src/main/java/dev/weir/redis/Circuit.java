package dev.weir.redis;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Spares callers the time-out while Redis is known not to answer. Opens after a number of
 * failures in a row; while it is open, lets one call through as a probe when the last
 * probe or failure is an interval ago; any answer closes it. Thread-safe.
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
	 * Asks whether a call may go out.
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
	 * There was an answer.
	 * @return whether that has closed the circuit
	 */
	boolean answered() {
		// Reading first keeps the cache line shared on the way that is taken always.
		return this.failures.get() != 0 && this.failures.getAndSet(0) >= this.failuresToOpen;
	}

	/**
	 * There was none.
	 * @return whether that has opened the circuit
	 */
	boolean failed() {
		int before = this.failures.getAndUpdate((count) -> Math.min(count + 1, this.failuresToOpen));
		if (before + 1 >= this.failuresToOpen) {
			// Whatever failed has probed, too: the next one need not go out yet.
			this.lastProbe.set(this.clock.getAsLong());
		}
		return before + 1 == this.failuresToOpen;
	}

}
