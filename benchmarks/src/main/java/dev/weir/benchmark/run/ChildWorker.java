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
 * Another JVM as a worker, a child process that runs {@link ChildMain}. It ends with this
 * JVM, however that ends: its standard input is closed then.
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
	 * @param bound what its command begins with
	 * @param suite the suite that it has contenders of
	 * @param redisUri where Redis is
	 * @param countersFile where all JVMs count
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
				throw new IllegalStateException((line != null) ? line : "A child JVM has ended");
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
