package dev.weir.redis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.junit.jupiter.api.Assumptions;

/**
 * A Python process that runs a script and then evaluates expressions.
 */
final class RedisPy implements AutoCloseable {

	private static final String PYTHON = System.getProperty("weir.test.python", "/usr/bin/python3");

	/** Evaluates each line of the input, and prints its value as one line. */
	private static final String EVALUATE = """

			for line in sys.stdin:
			    try:
			        print(eval(line), flush=True)
			    except Exception as ex:
			        print(type(ex).__name__, flush=True)
			""";

	private final Process process;

	private final Writer in;

	private final BufferedReader out;

	/**
	 * Starts the process.
	 * @param script the script; the variable {@code port} contains the port of Redis
	 * @param directory the working directory
	 * @param port the port of Redis
	 */
	RedisPy(String script, Path directory, int port) throws IOException {
		this.process = new ProcessBuilder(PYTHON, "-c", "import sys\nport = " + port + "\n" + script + EVALUATE)
			.directory(directory.toAbsolutePath().toFile())
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		this.in = this.process.outputWriter(StandardCharsets.UTF_8);
		this.out = new BufferedReader(new InputStreamReader(this.process.getInputStream(), StandardCharsets.UTF_8));
	}

	/**
	 * Skips the tests where redis-py is missing, and fails in CI.
	 */
	static void require() throws InterruptedException {
		boolean found;
		try {
			found = new ProcessBuilder(PYTHON, "-c", "import redis; assert int(redis.__version__.split('.')[0]) >= 4")
				.start()
				.waitFor() == 0;
		}
		catch (IOException ex) {
			found = false;
		}
		String message = "redis-py 4 or later is missing: install the Debian package python3-redis";
		if (!found && "true".equals(System.getenv("CI"))) {
			throw new AssertionError(message);
		}
		Assumptions.assumeTrue(found, message);
	}

	String evaluate(String expression) {
		try {
			this.in.write(expression + "\n");
			this.in.flush();
			return this.out.readLine();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
	}

}
