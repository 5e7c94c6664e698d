package dev.weir.benchmark.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.HdrHistogram.Histogram;

/**
 * The operations of one contender in all its rounds.
 */
final class Tally {

	private final String name;

	private final List<Double> opsPerSec = new ArrayList<>();

	private final Histogram nanos = new Histogram(3);

	private final long[] operationsOfJvm;

	private CommandCounts commands = CommandCounts.NONE;

	Tally(String name, int jvms) {
		this.name = name;
		this.operationsOfJvm = new long[jvms];
	}

	/**
	 * Adds a round.
	 * @param samples the operations of each JVM
	 * @param ran the commands that Redis ran in the round
	 * @param duration the duration of the round
	 */
	void add(List<Sample> samples, CommandCounts ran, Duration duration) {
		long inTime = 0;
		for (int i = 0; i < samples.size(); i++) {
			Sample sample = samples.get(i);
			inTime += sample.inTime();
			this.operationsOfJvm[i] += sample.inTime();
			this.nanos.add(sample.nanos());
		}
		this.opsPerSec.add(inTime * 1e9 / duration.toNanos());
		this.commands = this.commands.plus(ran);
	}

	ContenderResult result() {
		List<Double> sorted = this.opsPerSec.stream().sorted().toList();
		long total = 0;
		for (long operations : this.operationsOfJvm) {
			total += operations;
		}
		List<Double> shares = new ArrayList<>();
		for (long operations : this.operationsOfJvm) {
			shares.add(ContenderResult.rounded((double) operations / Math.max(1, total), 3));
		}
		double operations = Math.max(1, this.nanos.getTotalCount());
		return new ContenderResult(this.name, ContenderResult.rounded(median(sorted), 1), micros(50), micros(99),
				micros(99.9), micros(100), ContenderResult.rounded(this.commands.all() / operations, 3),
				ContenderResult.rounded(this.commands.scripts() / operations, 3),
				ContenderResult.rounded(sorted.get(0), 1), ContenderResult.rounded(sorted.get(sorted.size() - 1), 1),
				shares);
	}

	private static double median(List<Double> sorted) {
		int middle = sorted.size() / 2;
		return (sorted.size() % 2 == 1) ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
	}

	private double micros(double percentile) {
		return ContenderResult.rounded(this.nanos.getValueAtPercentile(percentile) / 1e3, 3);
	}

}
