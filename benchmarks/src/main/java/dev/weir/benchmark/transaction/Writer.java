package dev.weir.benchmark.transaction;

import java.util.List;

/**
 * Writes several values, all or none. Thread-safe.
 *
 * @param name the name under which results are shown
 * @param write writes
 */
record Writer(String name, Write write) {

	/**
	 * How to write.
	 */
	interface Write {

		/**
		 * Writes one value under several keys.
		 * @param keys the keys
		 * @param value the value
		 * @throws Exception if it was not written
		 */
		void write(List<String> keys, String value) throws Exception;

	}

}
