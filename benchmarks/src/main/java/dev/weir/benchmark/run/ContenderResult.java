package dev.weir.benchmark.run;

import java.util.List;

import com.fasterxml.jackson.annotation.JsonIgnore;

/**
 * The measurements of one contender under one load.
 *
 * @param name the contender
 * @param opsPerSec operations per second of all JVMs, the median of the rounds
 * @param p50us the median duration of an operation, in microseconds
 * @param p99us the 99th percentile of the durations, in microseconds
 * @param p999us the 99.9th percentile of the durations, in microseconds
 * @param maxus the duration of the longest operation, in microseconds
 * @param commandsPerOp commands that Redis ran per operation, including those inside of
 * scripts
 * @param scriptCallsPerOp scripts that Redis ran per operation
 * @param minOpsPerSec operations per second in the slowest round
 * @param maxOpsPerSec operations per second in the fastest round
 * @param shares the share of each JVM in the operations
 */
public record ContenderResult(String name, double opsPerSec, double p50us, double p99us, double p999us, double maxus,
		double commandsPerOp, double scriptCallsPerOp, double minOpsPerSec, double maxOpsPerSec, List<Double> shares) {

	@JsonIgnore
	public boolean isWeir() {
		return this.name.startsWith(Result.WEIR);
	}

	/**
	 * Rounds a value for people.
	 * @param value the value
	 * @param digits the number of digits after the decimal point
	 * @return the rounded value
	 */
	public static double rounded(double value, int digits) {
		double factor = Math.pow(10, digits);
		return Math.round(value * factor) / factor;
	}

}
