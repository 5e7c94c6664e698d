package dev.weir.benchmark.run;

import java.time.Duration;

/**
 * How often and for how long each contender has its turn.
 *
 * @param checks the number of rounds in which callers stay inside for long, to see who is
 * let in; they do not count
 * @param warmUps the number of rounds that do not count, where there is one JVM
 * @param rounds the number of rounds that count
 * @param round the time of one round
 */
public record Schedule(int checks, int warmUps, int rounds, Duration round) {

	private static final int WARM_UPS_OF_CHILDREN = 4;

	/**
	 * Returns for how many rounds contenders warm up. JVMs of their own have all of their
	 * code to compile, and callers that keep the processors from that.
	 * @param load the load
	 * @return the number of rounds that do not count
	 */
	int warmUps(Load load) {
		return (load.jvms() > 1) ? WARM_UPS_OF_CHILDREN * this.warmUps : this.warmUps;
	}

	/**
	 * Makes a schedule of short rounds. Contenders warm up for as long as they are
	 * measured: until their code is compiled, what is measured is the compiler.
	 * @param measured how long each contender is measured in all
	 * @return the schedule
	 */
	public static Schedule of(Duration measured) {
		int rounds = 5;
		return new Schedule(1, rounds, rounds, measured.dividedBy(rounds));
	}

}
