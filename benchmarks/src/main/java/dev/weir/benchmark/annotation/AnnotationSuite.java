package dev.weir.benchmark.annotation;

import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

import dev.weir.benchmark.run.Benchmark;
import dev.weir.benchmark.run.ContenderResult;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.Result;
import dev.weir.benchmark.run.Suite;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/**
 * Compares annotations by JMH, each in a JVM of its own. Calls are timed one by one, and
 * each time includes that of asking for the time.
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
	 * @param forks how many JVMs each has; 0 for this one
	 * @param contenders their names
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
		TimeValue round = TimeValue.nanoseconds(benchmark.schedule().round().toNanos());
		ChainedOptionsBuilder options = new OptionsBuilder().include(AnnotatedCall.class.getName() + ".call")
			.param("contender", this.contenders.toArray(String[]::new))
			.mode(Mode.SampleTime)
			.forks(this.forks)
			.shouldFailOnError(true)
			.warmupIterations(benchmark.schedule().warmUps())
			.warmupTime(round)
			.measurementIterations(benchmark.schedule().rounds())
			.measurementTime(round)
			.verbosity(VerboseMode.SILENT);
		Collection<RunResult> runs = new Runner(options.build()).run();
		List<ContenderResult> measured = runs.stream().map(AnnotationSuite::result).toList();
		results.accept(Result.of(name(), new Load(1, 1), measured));
	}

	private static ContenderResult result(RunResult run) {
		List<Double> rounds = run.getAggregatedResult()
			.getIterationResults()
			.stream()
			.map((iteration) -> perSecond(iteration.getPrimaryResult().getScore()))
			.sorted()
			.toList();
		Statistics calls = run.getPrimaryResult().getStatistics();
		return new ContenderResult(run.getParams().getParam("contender"), rounds.get(rounds.size() / 2),
				micros(calls, 50), micros(calls, 99), micros(calls, 99.9), micros(calls, 100), 0, 0, rounds.get(0),
				rounds.get(rounds.size() - 1), List.of(1.0));
	}

	private static double perSecond(double nanos) {
		return ContenderResult.rounded(1e9 / nanos, 1);
	}

	private static double micros(Statistics samples, double percentile) {
		return ContenderResult.rounded(samples.getPercentile(percentile) / 1e3, 3);
	}

}
