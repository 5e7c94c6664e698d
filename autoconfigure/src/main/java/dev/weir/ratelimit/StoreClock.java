package dev.weir.ratelimit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

/**
 * The clock of the store, kept by its answers. Thread-safe.
 * <p>
 * An answer says what time it was when the store made it. Counted from the moment of its
 * arrival that is never ahead of the store, and behind by how long it was on its way. The
 * best answer is kept, and trusted a little less as time goes on, since the rates of two
 * clocks differ.
 */
final class StoreClock {

	/** More than NTP slews a clock by, in parts of one (500 ppm). */
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
	 * Makes a clock of another store, which is taken for equal until that has answered.
	 * @return the clock
	 */
	StoreClock fork() {
		StoreClock other = new StoreClock(this.nanoTime, this.currentMillis);
		other.offset.set(this.offset.get());
		return other;
	}

	/**
	 * Returns the time of the store as far as it is known. Before the first answer it is
	 * 0, which the store refuses: the time of this machine may be anything.
	 * @return the time, in microseconds since 1970
	 */
	long micros() {
		return micros(nanos());
	}

	/**
	 * Returns the time of the store at some time of this machine.
	 * @param now the time of this machine, as {@link #nanos()} says it
	 * @return the time, as {@link #micros()} says it
	 */
	long micros(long now) {
		Offset known = this.offset.get();
		return (known != null) ? TimeUnit.NANOSECONDS.toMicros(now + known.nanos) : 0;
	}

	/**
	 * Returns the time of this machine, which all clocks made of one another share.
	 * @return the time, in nanoseconds from some moment on
	 */
	long nanos() {
		return this.nanoTime.getAsLong();
	}

	/**
	 * Learns from an answer.
	 * @param micros the time of the store when it made the answer
	 * @param now when the answer arrived, by the clock of this machine
	 */
	void answered(long micros, long now) {
		Offset fresh = new Offset(TimeUnit.MICROSECONDS.toNanos(micros) - now, now);
		this.offset.updateAndGet((known) -> (known == null || known.at(now) < fresh.nanos) ? fresh : known);
	}

	/**
	 * Forgets what it knew: the clock of the store was set, or is another one after a
	 * failover.
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
	 * What is known.
	 *
	 * @param nanos the time of the store less the time of this machine
	 * @param since when that was learnt
	 */
	private record Offset(long nanos, long since) {

		private long at(long now) {
			return this.nanos - Math.max(0, now - this.since) / DRIFT;
		}

	}

}
