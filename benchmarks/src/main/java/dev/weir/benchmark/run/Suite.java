package dev.weir.benchmark.run;

import java.util.List;

/**
 * What is compared with what, under which loads. Has a public constructor without
 * parameters, by which child JVMs make their own.
 */
public interface Suite {

	/**
	 * Returns the name by which the suite is asked for on the command line.
	 * @return the name
	 */
	String name();

	/**
	 * Returns the loads, each of which is measured by itself.
	 * @return the loads
	 */
	List<Load> loads();

	/**
	 * Connects the contenders to the Redis of the benchmark.
	 * @param environment what they run on
	 * @return the contenders, in the order in which they take turns
	 */
	List<Contender> contenders(Environment environment);

}
