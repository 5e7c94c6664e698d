package dev.weir.embeddedredis;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Waits for an effect of another process, which sends no notification.
 */
final class Poll {

	private static final long PAUSE_MILLIS = 5;

	private Poll() {
	}

	/**
	 * Waits until a condition holds.
	 * @param limit how long to wait
	 * @param failure the message of the exception
	 * @param condition the condition
	 * @throws EmbeddedRedisException if the time is up, or the thread was interrupted
	 */
	static void until(Duration limit, Supplier<String> failure, BooleanSupplier condition) {
		long start = System.nanoTime();
		while (!condition.getAsBoolean()) {
			if (System.nanoTime() - start > limit.toNanos()) {
				throw new EmbeddedRedisException(failure.get());
			}
			try {
				Thread.sleep(PAUSE_MILLIS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new EmbeddedRedisException("Interrupted while waiting. " + failure.get(), ex);
			}
		}
	}

}
