package dev.weir.benchmark.transaction;

import java.util.List;

/**
 * Writes several values, all or none. Thread-safe.
 *
 * @param name the name under which results are shown
 * @param write the function that writes
 */
record Writer(String name, Write write) {

	/**
	 * A function that writes several values, all or none.
	 */
	interface Write {

		/**
		 * Writes one value under several keys.
		 * @param keys the keys
		 * @param value the value
		 * @throws Exception if the value was not written
		 */
		void write(List<String> keys, String value) throws Exception;

	}

}
