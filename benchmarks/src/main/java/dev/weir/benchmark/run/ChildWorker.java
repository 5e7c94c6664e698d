package dev.weir.benchmark.run;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A worker in another JVM, a child process that runs {@link ChildMain}. The child process
 * ends with this JVM, even after a crash, because its standard input is closed then.
 */
final class ChildWorker implements Worker {

	private final Process process;

	private final BufferedReader answers;

	private final BufferedWriter orders;

	private ChildWorker(Process process) {
		this.process = process;
		this.answers = process.inputReader();
		this.orders = process.outputWriter();
	}

	/**
	 * Starts a JVM.
	 * @param bound the beginning of the command, which binds the JVM to processors
	 * @param suite the suite of the contenders
	 * @param redisUri the address of Redis
	 * @param countersFile the file of the {@link SharedCounters}
	 * @return the worker
	 */
	static ChildWorker start(List<String> bound, TurnsSuite suite, String redisUri, Path countersFile) {
		List<String> command = new ArrayList<>(bound);
		command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-cp",
				System.getProperty("java.class.path"), ChildMain.class.getName(), suite.getClass().getName(), redisUri,
				countersFile.toString()));
		try {
			return new ChildWorker(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public List<String> contenders() {
		return List.of(answer(ChildMain.READY).split(" "));
	}

	@Override
	public void start(int contender, int threads, Duration duration) throws IOException {
		this.orders.write(contender + " " + threads + " " + duration.toNanos() + "\n");
		this.orders.flush();
	}

	@Override
	public Sample finish() {
		return Sample.decoded(answer(ChildMain.DONE));
	}

	private String answer(String expected) {
		try {
			String line = this.answers.readLine();
			if (line == null || !line.startsWith(expected)) {
				throw new IllegalStateException((line != null) ? line : "The child JVM has ended");
			}
			return line.substring(expected.length());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		try {
			this.orders.close();
			if (!this.process.waitFor(5, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
			}
		}
		catch (IOException ex) {
			this.process.destroyForcibly();
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
	}

}
