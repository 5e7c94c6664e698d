package dev.weir.benchmark.run;

import java.time.Duration;

/**
 * The number and the duration of the rounds of each contender.
 *
 * @param checks the number of rounds in which callers stay inside for longer, to detect
 * wrong admissions; these rounds do not count
 * @param warmUps the number of warm-up rounds with one JVM; these rounds do not count
 * @param rounds the number of rounds that count
 * @param round the duration of one round
 */
public record Schedule(int checks, int warmUps, int rounds, Duration round) {

	private static final int WARM_UPS_OF_CHILDREN = 4;

	/**
	 * Returns the number of warm-up rounds. Child JVMs need more of them: all of their
	 * code has to be compiled, while callers use the processors.
	 * @param load the load
	 * @return the number of rounds
	 */
	int warmUps(Load load) {
		return (load.jvms() > 1) ? WARM_UPS_OF_CHILDREN * this.warmUps : this.warmUps;
	}

	/**
	 * Creates a schedule of short rounds. Contenders warm up for as long as they are
	 * measured, because the compiler distorts measurements until the code is compiled.
	 * @param measured the time for which each contender is measured in total
	 * @return the schedule
	 */
	public static Schedule of(Duration measured) {
		int rounds = 5;
		return new Schedule(1, rounds, rounds, measured.dividedBy(rounds));
	}

}
