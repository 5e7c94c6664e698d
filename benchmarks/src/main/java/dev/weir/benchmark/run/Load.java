package dev.weir.benchmark.run;

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

}
