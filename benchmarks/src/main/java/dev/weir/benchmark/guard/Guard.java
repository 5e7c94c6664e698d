package dev.weir.benchmark.guard;

import java.time.Duration;

/**
 * A lock or a semaphore of some library. Thread-safe.
 */
public interface Guard extends AutoCloseable {

	/** What every library is told, if it can be told: how long a holder may hold. */
	Duration LEASE = Duration.ofSeconds(30);

	/**
	 * What every library is told: how long to wait. A caller that waits for this long
	 * fails the run.
	 */
	Duration WAIT = Duration.ofSeconds(30);

	/**
	 * Returns the name under which results are shown.
	 * @return the name
	 */
	String name();

	/**
	 * Does what the library wants done once for each key.
	 * @param key the key
	 */
	default void prepare(String key) {
	}

	/**
	 * Waits until the caller may go on.
	 * @param key the key
	 * @return gives back what was acquired, on the same thread
	 * @throws Exception if it was not acquired
	 */
	Held acquire(String key) throws Exception;

	@Override
	default void close() {
	}

	/**
	 * What a caller holds.
	 */
	interface Held {

		/**
		 * Gives it back.
		 * @throws Exception if it was no longer held
		 */
		void release() throws Exception;

	}

}
