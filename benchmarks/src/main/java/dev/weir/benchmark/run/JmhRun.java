package dev.weir.benchmark.run;

import java.util.Collection;
import java.util.List;
import java.util.Map;

import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/**
 * Measures contenders with JMH, for operations that are too short for the loop of
 * {@link Round}. Each contender has its own JVM. Each call is timed separately, and each
 * time includes the cost of reading the clock.
 *
 * @param state the class that JMH measures, with a method {@code call} and a parameter
 * {@code contender}
 * @param contenders the names of the contenders
 * @param parameters the values of further parameters
 * @param forks the number of JVMs of each contender; 0 for this JVM
 */
public record JmhRun(Class<?> state, List<String> contenders, Map<String, String> parameters, int forks) {

	private static final String CONTENDER = "contender";

	/**
	 * Measures the contenders.
	 * @param suite the name of the suite
	 * @param schedule the number and the duration of the rounds
	 * @return the measurements
	 * @throws RunnerException if a contender failed
	 */
	public Result run(String suite, Schedule schedule) throws RunnerException {
		TimeValue round = TimeValue.nanoseconds(schedule.round().toNanos());
		ChainedOptionsBuilder options = new OptionsBuilder().include(this.state.getName() + ".call")
			.param(CONTENDER, this.contenders.toArray(String[]::new))
			.mode(Mode.SampleTime)
			.forks(this.forks)
			.shouldFailOnError(true)
			.warmupIterations(schedule.warmUps())
			.warmupTime(round)
			.measurementIterations(schedule.rounds())
			.measurementTime(round)
			.verbosity(VerboseMode.SILENT);
		this.parameters.forEach(options::param);
		Collection<RunResult> runs = new Runner(options.build()).run();
		return Result.of(suite, new Load(1, 1), runs.stream().map(JmhRun::result).toList());
	}

	private static ContenderResult result(RunResult run) {
		List<Double> rounds = run.getAggregatedResult()
			.getIterationResults()
			.stream()
			.map((iteration) -> perSecond(iteration.getPrimaryResult().getScore()))
			.sorted()
			.toList();
		Statistics calls = run.getPrimaryResult().getStatistics();
		return new ContenderResult(run.getParams().getParam(CONTENDER), rounds.get(rounds.size() / 2),
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
