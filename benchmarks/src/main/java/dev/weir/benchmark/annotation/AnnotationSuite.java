package dev.weir.benchmark.annotation;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import dev.weir.benchmark.run.Benchmark;
import dev.weir.benchmark.run.JmhRun;
import dev.weir.benchmark.run.Result;
import dev.weir.benchmark.run.Suite;

/**
 * Compares annotations with JMH.
 */
public final class AnnotationSuite implements Suite {

	private final int forks;

	private final List<String> contenders;

	public AnnotationSuite() {
		this(1, List.of(Subjects.PLAIN, Subjects.CACHE, Subjects.CONCURRENCY_LIMIT, Subjects.BULKHEAD,
				Subjects.SEMAPHORE, Subjects.LOCK, Subjects.RATE_LIMITER, Subjects.RATE_LIMITED));
	}

	/**
	 * Creates a suite with some of the contenders.
	 * @param forks the number of JVMs of each contender; 0 for this JVM
	 * @param contenders the names of the contenders
	 */
	AnnotationSuite(int forks, List<String> contenders) {
		this.forks = forks;
		this.contenders = List.copyOf(contenders);
	}

	@Override
	public String name() {
		return "annotation";
	}

	@Override
	public void run(Benchmark benchmark, Consumer<Result> results) throws Exception {
		results.accept(new JmhRun(AnnotatedCall.class, this.contenders, Map.of(), this.forks).run(name(),
				benchmark.schedule()));
	}

}
