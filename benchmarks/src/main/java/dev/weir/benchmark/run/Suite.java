package dev.weir.benchmark.run;

import java.util.function.Consumer;

/**
 * What is measured under one name.
 */
public interface Suite {

	/**
	 * Returns the name by which the suite is asked for on the command line.
	 * @return the name
	 */
	String name();

	/**
	 * Measures.
	 * @param benchmark what measures contenders, and says for how long
	 * @param results gets each result as soon as there is one
	 * @throws Exception if an operation failed or was wrong
	 */
	void run(Benchmark benchmark, Consumer<Result> results) throws Exception;

}
