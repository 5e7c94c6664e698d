package dev.weir.benchmark.run;

import java.util.List;
import java.util.function.Consumer;

/**
 * A suite whose contenders take turns under one load after the other. A suite with
 * several JVMs has a public constructor without parameters, which child JVMs call.
 */
public interface TurnsSuite extends Suite {

	/**
	 * Returns the loads, each of which is measured separately.
	 * @return the loads
	 */
	List<Load> loads();

	/**
	 * Creates the contenders, connected to the Redis of the benchmark.
	 * @param environment the environment of the contenders
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
