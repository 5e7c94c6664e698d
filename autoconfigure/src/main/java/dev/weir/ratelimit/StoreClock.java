package dev.weir.ratelimit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

/**
 * Estimates the clock of the store from its answers. Thread-safe.
 * <p>
 * Each answer contains the time at which the store made it. A clock that starts with this
 * time when the answer arrives is never ahead of the store. It is behind the store by the
 * time that the answer was on its way. The best answer is kept. It is trusted a little
 * less as time passes, because the rates of two clocks differ.
 */
final class StoreClock {

	/**
	 * The rates of two clocks differ by less than one part in this number. NTP slews a
	 * clock by up to 500 ppm.
	 */
	private static final int DRIFT = 1000;

	private final LongSupplier nanoTime;

	private final LongSupplier currentMillis;

	/** Empty before the first answer. */
	private final AtomicReference<@Nullable Offset> offset = new AtomicReference<>();

	StoreClock() {
		this(System::nanoTime, System::currentTimeMillis);
	}

	StoreClock(LongSupplier nanoTime, LongSupplier currentMillis) {
		this.nanoTime = nanoTime;
		this.currentMillis = currentMillis;
	}

	/**
	 * Creates a clock for another store. This clock and the new one are assumed to be
	 * equal until the other store has answered.
	 * @return the clock
	 */
	StoreClock fork() {
		StoreClock other = new StoreClock(this.nanoTime, this.currentMillis);
		other.offset.set(this.offset.get());
		return other;
	}

	/**
	 * Returns the time of the store as far as it is known. Before the first answer the
	 * time is 0, which the store refuses: the time of this machine may be arbitrarily
	 * wrong.
	 * @return the time, in microseconds since 1970
	 */
	long micros() {
		return micros(nanos());
	}

	/**
	 * Returns the time of the store at some time of this machine.
	 * @param now the time of this machine, as {@link #nanos()} returns it
	 * @return the time, as {@link #micros()} returns it
	 */
	long micros(long now) {
		Offset known = this.offset.get();
		return (known != null) ? TimeUnit.NANOSECONDS.toMicros(now + known.nanos) : 0;
	}

	/**
	 * Returns the time of this machine, which a clock and its forks share.
	 * @return the time, in nanoseconds since an arbitrary moment
	 */
	long nanos() {
		return this.nanoTime.getAsLong();
	}

	/**
	 * Improves this clock with an answer.
	 * @param micros the time of the store when it made the answer
	 * @param now when the answer arrived, by the clock of this machine
	 */
	void answered(long micros, long now) {
		Offset fresh = new Offset(TimeUnit.MICROSECONDS.toNanos(micros) - now, now);
		this.offset.updateAndGet((known) -> (known == null || known.at(now) < fresh.nanos) ? fresh : known);
	}

	/**
	 * Replaces the known offset: the clock of the store was set, or is another one after
	 * a failover.
	 * @param micros the time of the store when it made the answer
	 * @param now when the answer arrived, by the clock of this machine
	 */
	void reset(long micros, long now) {
		this.offset.set(new Offset(TimeUnit.MICROSECONDS.toNanos(micros) - now, now));
	}

	/**
	 * Returns by how much the clock of the store is ahead of the clock of this machine.
	 * @return the difference, zero before the first answer
	 */
	Duration skew() {
		return (this.offset.get() != null)
				? Duration.ofMillis(TimeUnit.MICROSECONDS.toMillis(micros()) - this.currentMillis.getAsLong())
				: Duration.ZERO;
	}

	/**
	 * The known offset between the two clocks.
	 *
	 * @param nanos the time of the store less the time of this machine
	 * @param since when the offset was measured
	 */
	private record Offset(long nanos, long since) {

		private long at(long now) {
			return this.nanos - Math.max(0, now - this.since) / DRIFT;
		}

	}

}
