package dev.weir.benchmark.run;

import java.time.Duration;
import java.util.List;

/**
 * A JVM with its contenders. One thread uses all workers. This thread starts a round in
 * each worker before it finishes the round in any of them.
 */
interface Worker extends AutoCloseable {

	List<String> contenders();

	/**
	 * Starts a round.
	 * @param contender the position of the contender in its suite
	 * @param threads the number of threads
	 * @param duration the duration of the round
	 * @throws Exception if the round cannot be started
	 */
	void start(int contender, int threads, Duration duration) throws Exception;

	/**
	 * Waits for the end of the round.
	 * @return the operations of the JVM
	 * @throws Exception if an operation failed
	 */
	Sample finish() throws Exception;

	@Override
	void close();

}
