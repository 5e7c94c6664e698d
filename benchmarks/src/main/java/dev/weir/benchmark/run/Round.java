package dev.weir.benchmark.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The turn of one contender in this JVM. Several threads operate until the time is over.
 */
final class Round {

	/**
	 * Time to wait for the last operations, longer than any contender waits before it
	 * gives up.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(60);

	/** Time between the last thread's start and the begin of the round. */
	private static final Duration TIME_TO_WAKE_ALL = Duration.ofMillis(50);

	private final Contender contender;

	private final Duration duration;

	private final CountDownLatch ready;

	private final CountDownLatch go = new CountDownLatch(1);

	private final List<Caller> callers = new ArrayList<>();

	private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

	private volatile long beginsAt;

	private Round(Contender contender, int threads, Duration duration) {
		this.contender = contender;
		this.duration = duration;
		this.ready = new CountDownLatch(threads);
		for (int i = 0; i < threads; i++) {
			this.callers.add(new Caller(i));
		}
	}

	/**
	 * Starts a round.
	 * @param contender the contender
	 * @param threads the number of threads
	 * @param duration the duration of the round
	 * @return the round, which the caller must finish
	 */
	static Round start(Contender contender, int threads, Duration duration) {
		Round round = new Round(contender, threads, duration);
		round.callers.forEach(Thread::start);
		return round;
	}

	/**
	 * Waits until the last operation has ended.
	 * @return the operations of this JVM
	 * @throws Exception if an operation failed
	 */
	Sample finish() throws Exception {
		long givesUpAt = System.nanoTime() + this.duration.plus(PATIENCE).toNanos();
		for (Caller caller : this.callers) {
			caller.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(givesUpAt - System.nanoTime())));
			if (caller.isAlive()) {
				throw new TimeoutException(this.contender.name() + ": an operation did not end within " + PATIENCE);
			}
		}
		Throwable thrown = this.failure.get();
		if (thrown != null) {
			throw (thrown instanceof Exception exception) ? exception : new IllegalStateException(thrown);
		}
		long inTime = 0;
		Histogram nanos = new Histogram(3);
		for (Caller caller : this.callers) {
			inTime += caller.inTime;
			nanos.add(caller.nanos);
		}
		return new Sample(inTime, nanos);
	}

	/**
	 * A thread that does one operation after the other.
	 */
	private final class Caller extends Thread {

		private final int number;

		private final Histogram nanos = new Histogram(3);

		private long inTime;

		Caller(int number) {
			super("caller-" + number);
			this.number = number;
			setDaemon(true);
		}

		@Override
		public void run() {
			try {
				begin();
				long endsAt = Round.this.beginsAt + Round.this.duration.toNanos();
				long begin = System.nanoTime();
				do {
					Round.this.contender.operate(this.number);
					long end = System.nanoTime();
					this.nanos.recordValue(end - begin);
					if (end - endsAt <= 0) {
						this.inTime++;
					}
					begin = end;
				}
				while (begin - endsAt < 0 && Round.this.failure.get() == null);
			}
			catch (Throwable ex) {
				Round.this.failure.compareAndSet(null, ex);
			}
		}

		/**
		 * Waits until all threads are ready, and then until the round begins. The
		 * system's timer wakes all threads at that time: a thread that had to wake
		 * hundreds of others would compete with them for the processors.
		 */
		private void begin() throws InterruptedException {
			Round.this.ready.countDown();
			if (this.number == 0) {
				Round.this.ready.await();
				Round.this.beginsAt = System.nanoTime() + TIME_TO_WAKE_ALL.toNanos();
				Round.this.go.countDown();
			}
			Round.this.go.await();
			long rest = Round.this.beginsAt - System.nanoTime();
			while (rest > 0) {
				LockSupport.parkNanos(rest);
				rest = Round.this.beginsAt - System.nanoTime();
			}
		}

	}

}
