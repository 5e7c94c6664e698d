package dev.weir.benchmark.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The measurements of one suite under one load.
 *
 * @param suite the suite
 * @param threads the number of threads in each JVM
 * @param jvms the number of JVMs
 * @param contenders the measurements of each contender
 * @param ratios operations per second of Weir, as a multiple of those of each peer, by
 * {@code weir/peer}; empty if Weir is not among the contenders
 * @param figures other measurements, by contender and name; empty for most suites
 */
public record Result(String suite, int threads, int jvms, List<ContenderResult> contenders, Map<String, Double> ratios,
		Map<String, Map<String, Long>> figures) {

	/** Beginning of the names of Weir's contenders, with which the peers are compared. */
	public static final String WEIR = "weir";

	/**
	 * Creates a result and computes the ratios.
	 * @param suite the name of the suite
	 * @param load the load
	 * @param contenders the measurements of each contender
	 * @return the result, with the ratios
	 */
	public static Result of(String suite, Load load, List<ContenderResult> contenders) {
		Map<String, Double> ratios = new LinkedHashMap<>();
		for (ContenderResult weir : contenders) {
			for (ContenderResult peer : contenders) {
				if (weir.isWeir() && !peer.isWeir() && peer.opsPerSec() > 0) {
					ratios.put(weir.name() + "/" + peer.name(),
							ContenderResult.rounded(weir.opsPerSec() / peer.opsPerSec(), 2));
				}
			}
		}
		return new Result(suite, load.threads(), load.jvms(), contenders, ratios, Map.of());
	}

	/**
	 * Creates a result that is not about speed.
	 * @param suite the name of the suite
	 * @param figures the measurements, by contender and name
	 * @return the result
	 */
	public static Result ofFigures(String suite, Map<String, Map<String, Long>> figures) {
		return new Result(suite, 1, 1, List.of(), Map.of(), figures);
	}

}
