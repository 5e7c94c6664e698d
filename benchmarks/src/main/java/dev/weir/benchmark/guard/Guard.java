package dev.weir.benchmark.guard;

import java.time.Duration;

/**
 * A lock or a semaphore of one library. Thread-safe.
 */
public interface Guard extends AutoCloseable {

	/** Lease time of a holder, configured in every library that supports one. */
	Duration LEASE = Duration.ofSeconds(30);

	/**
	 * Wait time, configured in every library. A caller that waits for this long fails the
	 * run.
	 */
	Duration WAIT = Duration.ofSeconds(30);

	/**
	 * Returns the name under which results are shown.
	 * @return the name
	 */
	String name();

	/**
	 * Prepares a key, if the library requires that. Called once for each key.
	 * @param key the key
	 */
	default void prepare(String key) {
	}

	/**
	 * Waits until the caller has acquired a key.
	 * @param key the key
	 * @return the lock or permit, which the same thread must release
	 * @throws Exception if the caller has not acquired the key
	 */
	Held acquire(String key) throws Exception;

	@Override
	default void close() {
	}

	/**
	 * A lock or permit that a caller holds.
	 */
	interface Held {

		/**
		 * Releases the lock or permit.
		 * @throws Exception if the caller no longer held it
		 */
		void release() throws Exception;

	}

}
