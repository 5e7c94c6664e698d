package dev.weir.redis.jvm;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts classes of the tests in a separate JVM, which can be killed or stopped.
 */
public final class ForkedJvm {

	private ForkedJvm() {
	}

	/**
	 * Starts a JVM.
	 * @param output the file for its output
	 * @param main the class to run
	 * @param arguments its arguments
	 * @return the process
	 */
	public static Process start(Path output, Class<?> main, String... arguments) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m", "-cp",
						System.getProperty("java.class.path"), main.getName()));
		command.addAll(List.of(arguments));
		return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
	}

	/**
	 * Sends a signal.
	 * @param process the process
	 * @param name the name of the signal, such as {@code STOP}
	 */
	static void signal(Process process, String name) throws Exception {
		int status = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
		if (status != 0) {
			throw new IllegalStateException("kill -" + name + " failed");
		}
	}

}
