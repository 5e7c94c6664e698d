package dev.weir.redis;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Circuit breaker of one master. It spares callers the time-out while the master does not
 * answer. It opens after a number of missing answers in a row. While it is open, it lets
 * one call through as a probe when the last probe or failure is one interval ago. Any
 * answer closes the circuit, also a refusal. Thread-safe.
 */
final class Circuit {

	private final String master;

	private final int failuresToOpen;

	private final long probeIntervalNanos;

	private final LongSupplier clock;

	private final AtomicInteger failures = new AtomicInteger();

	private final AtomicLong lastProbe = new AtomicLong();

	/** Whether the last answer was that the master cannot work. */
	private volatile boolean refusing;

	/** Since when the master gives no answer, or refuses to work. */
	private volatile long awaySince;

	/**
	 * Creates a circuit.
	 * @param master the name of the master
	 * @param failuresToOpen the number of missing answers in a row after which the
	 * circuit is open
	 * @param probeIntervalNanos the interval of the probes
	 * @param clock the time in nanoseconds
	 */
	Circuit(String master, int failuresToOpen, long probeIntervalNanos, LongSupplier clock) {
		this.master = master;
		this.failuresToOpen = failuresToOpen;
		this.probeIntervalNanos = probeIntervalNanos;
		this.clock = clock;
	}

	String master() {
		return this.master;
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
	 * Returns for how long the master is known to be away.
	 * @return the time since the first missing answer or refusal in a row, zero if the
	 * master may answer the next call
	 */
	Duration awayFor() {
		return (isOpen() || this.refusing) ? Duration.ofNanos(Math.max(1, this.clock.getAsLong() - this.awaySince))
				: Duration.ZERO;
	}

	/**
	 * Records an answer.
	 * @return whether the answer has closed the circuit
	 */
	boolean answered() {
		if (this.refusing) {
			this.refusing = false;
		}
		return closed();
	}

	/**
	 * Records the answer that the master cannot work at this time.
	 * @return whether the answer has closed the circuit
	 */
	boolean refused() {
		if (!this.refusing && this.failures.get() == 0) {
			this.awaySince = this.clock.getAsLong();
		}
		this.refusing = true;
		return closed();
	}

	private boolean closed() {
		// Reading first keeps the cache line shared in the usual case.
		return this.failures.get() != 0 && this.failures.getAndSet(0) >= this.failuresToOpen;
	}

	/**
	 * Records a call without an answer.
	 * @return whether the failure has opened the circuit
	 */
	boolean failed() {
		int before = this.failures.getAndUpdate((count) -> Math.min(count + 1, this.failuresToOpen));
		if (before == 0 && !this.refusing) {
			this.awaySince = this.clock.getAsLong();
		}
		if (before + 1 >= this.failuresToOpen) {
			// The failed call counts as a probe, too, so the next probe can wait.
			this.lastProbe.set(this.clock.getAsLong());
		}
		return before + 1 == this.failuresToOpen;
	}

}
