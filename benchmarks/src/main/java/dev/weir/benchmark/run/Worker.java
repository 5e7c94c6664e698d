package dev.weir.benchmark.run;

import java.time.Duration;
import java.util.List;

/**
 * A JVM with its contenders. Used by one thread, which starts a round in each worker
 * before it finishes the round in any.
 */
interface Worker extends AutoCloseable {

	List<String> contenders();

	/**
	 * Starts a round.
	 * @param contender the position of the contender whose turn it is
	 * @param threads the number of threads
	 * @param duration the time of the round
	 * @throws Exception if it cannot be started
	 */
	void start(int contender, int threads, Duration duration) throws Exception;

	/**
	 * Waits for the end of the round.
	 * @return what was done
	 * @throws Exception what an operation threw
	 */
	Sample finish() throws Exception;

	@Override
	void close();

}
