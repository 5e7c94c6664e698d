package dev.weir.benchmark.run;

import java.util.List;

import com.fasterxml.jackson.annotation.JsonIgnore;

/**
 * What was measured of one contender under one load.
 *
 * @param name the contender
 * @param opsPerSec operations per second of all JVMs, the median of the rounds
 * @param p50us half of the operations took at most this long, in microseconds
 * @param p99us 99 % of the operations took at most this long
 * @param p999us 99.9 % of the operations took at most this long
 * @param maxus the longest operation
 * @param commandsPerOp commands that Redis ran per operation, also inside of scripts
 * @param scriptCallsPerOp scripts that Redis ran per operation
 * @param minOpsPerSec the slowest round
 * @param maxOpsPerSec the fastest round
 * @param shares the share of each JVM in the operations
 */
public record ContenderResult(String name, double opsPerSec, double p50us, double p99us, double p999us, double maxus,
		double commandsPerOp, double scriptCallsPerOp, double minOpsPerSec, double maxOpsPerSec, List<Double> shares) {

	@JsonIgnore
	public boolean isWeir() {
		return this.name.startsWith(Result.WEIR);
	}

	/**
	 * Rounds for people.
	 * @param value the value
	 * @param digits how many digits to keep after the point
	 * @return the rounded value
	 */
	public static double rounded(double value, int digits) {
		double factor = Math.pow(10, digits);
		return Math.round(value * factor) / factor;
	}

}
