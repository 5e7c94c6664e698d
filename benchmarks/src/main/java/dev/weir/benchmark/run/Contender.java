package dev.weir.benchmark.run;

/**
 * One of the implementations that a suite compares. Thread-safe.
 */
public interface Contender extends AutoCloseable {

	/**
	 * Returns the name under which results are shown.
	 * @return the name
	 */
	String name();

	/**
	 * Does one operation and checks its result.
	 * @param thread the number of the calling thread in this JVM, from 0
	 * @throws OverlapException if the contender let in too many callers
	 * @throws Exception if the operation failed
	 */
	void operate(int thread) throws Exception;

	@Override
	default void close() {
	}

}
