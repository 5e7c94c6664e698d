package dev.weir.benchmark.run;

import java.util.Arrays;
import java.util.List;

/**
 * The number of concurrent callers.
 *
 * @param threads the number of threads in each JVM
 * @param jvms the number of JVMs
 */
public record Load(int threads, int jvms) {

	private static final int MAX_THREADS = 1000;

	public Load {
		if (threads < 1 || threads > MAX_THREADS || jvms < 1) {
			throw new IllegalArgumentException("Invalid load: " + threads + " threads, " + jvms + " JVMs");
		}
	}

	/**
	 * Creates loads of one JVM.
	 * @param threads the numbers of threads
	 * @return one load for each number
	 */
	public static List<Load> threads(int... threads) {
		return Arrays.stream(threads).mapToObj((number) -> new Load(number, 1)).toList();
	}

}
