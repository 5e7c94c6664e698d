package dev.weir.embeddedredis;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Waits for something that another process does and does not announce.
 */
final class Poll {

	private static final long PAUSE_MILLIS = 5;

	private Poll() {
	}

	/**
	 * Returns as soon as the condition holds.
	 * @param limit how long to wait
	 * @param failure what to say when the time is up
	 * @param condition what to wait for
	 * @throws EmbeddedRedisException when the time is up, or the thread was interrupted
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
				throw new EmbeddedRedisException("Interrupted. " + failure.get(), ex);
			}
		}
	}

}
