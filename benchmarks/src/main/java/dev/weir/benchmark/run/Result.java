package dev.weir.benchmark.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was measured under one load.
 *
 * @param suite the suite
 * @param threads the number of threads in each JVM
 * @param jvms the number of JVMs
 * @param contenders what was measured of each contender
 * @param ratios operations per second of Weir, as a multiple of those of each peer, by
 * {@code weir/peer}; empty if Weir is not among the contenders
 */
public record Result(String suite, int threads, int jvms, List<ContenderResult> contenders,
		Map<String, Double> ratios) {

	/** The contender that the others are compared with. */
	public static final String WEIR = "weir";

	static Result of(Suite suite, Load load, List<ContenderResult> contenders) {
		Map<String, Double> ratios = new LinkedHashMap<>();
		contenders.stream().filter((contender) -> contender.name().equals(WEIR)).findFirst().ifPresent((weir) -> {
			for (ContenderResult peer : contenders) {
				if (peer != weir && peer.opsPerSec() > 0) {
					ratios.put(WEIR + "/" + peer.name(), Tally.rounded(weir.opsPerSec() / peer.opsPerSec(), 2));
				}
			}
		});
		return new Result(suite.name(), load.threads(), load.jvms(), contenders, ratios);
	}

}
