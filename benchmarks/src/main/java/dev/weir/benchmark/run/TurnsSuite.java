package dev.weir.benchmark.run;

import java.util.List;
import java.util.function.Consumer;

/**
 * A suite whose contenders take turns under one load after the other. One with several
 * JVMs has a public constructor without parameters, by which child JVMs make their own.
 */
public interface TurnsSuite extends Suite {

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

	@Override
	default void run(Benchmark benchmark, Consumer<Result> results) throws Exception {
		for (Load load : loads()) {
			results.accept(benchmark.measure(this, load));
		}
	}

}
