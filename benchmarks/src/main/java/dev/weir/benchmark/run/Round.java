package dev.weir.benchmark.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The turn of one contender in this JVM: several threads operate until the time is over.
 */
final class Round {

	/** Longer than any contender waits before it gives up by itself. */
	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private final Contender contender;

	private final Duration duration;

	private final CountDownLatch ready;

	private final CountDownLatch go = new CountDownLatch(1);

	private final List<Caller> callers = new ArrayList<>();

	private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

	private volatile long endsAt;

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
	 * @param contender whose turn it is
	 * @param threads the number of threads
	 * @param duration the time of the round
	 * @return the round, which must be finished
	 */
	static Round start(Contender contender, int threads, Duration duration) {
		Round round = new Round(contender, threads, duration);
		round.callers.forEach(Thread::start);
		return round;
	}

	/**
	 * Waits until the last operation has ended.
	 * @return what was done
	 * @throws Exception what an operation threw
	 */
	Sample finish() throws Exception {
		long givesUpAt = System.nanoTime() + this.duration.plus(PATIENCE).toNanos();
		for (Caller caller : this.callers) {
			caller.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(givesUpAt - System.nanoTime())));
			if (caller.isAlive()) {
				throw new TimeoutException(this.contender.name() + " has not ended an operation for " + PATIENCE);
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
				long begin = System.nanoTime();
				do {
					Round.this.contender.operate(this.number);
					long end = System.nanoTime();
					this.nanos.recordValue(end - begin);
					if (end - Round.this.endsAt <= 0) {
						this.inTime++;
					}
					begin = end;
				}
				while (begin - Round.this.endsAt < 0 && Round.this.failure.get() == null);
			}
			catch (Throwable ex) {
				Round.this.failure.compareAndSet(null, ex);
			}
		}

		/**
		 * Waits for the others: time runs from when the last thread is there.
		 */
		private void begin() throws InterruptedException {
			Round.this.ready.countDown();
			if (this.number == 0) {
				Round.this.ready.await();
				Round.this.endsAt = System.nanoTime() + Round.this.duration.toNanos();
				Round.this.go.countDown();
			}
			Round.this.go.await();
		}

	}

}
