package dev.weir.benchmark.run;

/**
 * A way to do what a suite measures. Thread-safe.
 */
public interface Contender extends AutoCloseable {

	/**
	 * Returns the name under which results are shown.
	 * @return the name
	 */
	String name();

	/**
	 * Does one operation and checks that it did what it promises.
	 * @param thread the number of the calling thread in this JVM, from 0
	 * @throws OverlapException if more callers were let in than are allowed
	 * @throws Exception if the operation failed
	 */
	void operate(int thread) throws Exception;

	@Override
	default void close() {
	}

}
