package dev.weir.benchmark.run;

import java.util.function.Consumer;

/**
 * A set of measurements with one name.
 */
public interface Suite {

	/**
	 * Returns the name of the suite on the command line.
	 * @return the name
	 */
	String name();

	/**
	 * Runs the suite.
	 * @param benchmark the benchmark, which measures contenders and has the schedule
	 * @param results the consumer of each result, called as soon as the result is
	 * available
	 * @throws Exception if an operation failed or was wrong
	 */
	void run(Benchmark benchmark, Consumer<Result> results) throws Exception;

}
