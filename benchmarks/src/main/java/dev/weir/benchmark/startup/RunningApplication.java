package dev.weir.benchmark.startup;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One run of a {@link CallingApplications calling application}, up to the point where it
 * has measured everything and waits for its end.
 *
 * @param process the process
 * @param measured what the application has printed, by name
 */
record RunningApplication(Process process, Map<String, Long> measured) implements AutoCloseable {

	/**
	 * Runs an application.
	 * @param application the application
	 * @param arguments further arguments
	 * @return the application, after its measurements
	 * @throws IOException if the application cannot be started
	 */
	static RunningApplication run(GeneratedApplication application, String... arguments) throws IOException {
		Process process = application.process(arguments);
		Map<String, Long> measured = new HashMap<>();
		StringBuilder output = new StringBuilder();
		BufferedReader lines = process.inputReader();
		while (!measured.containsKey("DONE")) {
			String line = lines.readLine();
			if (line == null) {
				process.destroyForcibly();
				throw new IllegalStateException("The application ended early: " + output);
			}
			output.append(line).append('\n');
			if (line.matches("(FIRST|THREADS|HEAP|DONE) \\d+")) {
				measured.put(line.substring(0, line.indexOf(' ')), Long.valueOf(line.substring(line.indexOf(' ') + 1)));
			}
		}
		return new RunningApplication(process, measured);
	}

	long figure(String name) {
		return Objects.requireNonNull(this.measured.get(name), name);
	}

	@Override
	public void close() {
		try {
			this.process.getOutputStream().close();
			this.process.waitFor();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		finally {
			this.process.destroyForcibly();
		}
	}

}
