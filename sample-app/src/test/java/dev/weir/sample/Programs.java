package dev.weir.sample;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Finds programs that may be installed on this machine.
 */
final class Programs {

	private Programs() {
	}

	/**
	 * Finds a program that CI must have. Without the program, the test is skipped
	 * elsewhere.
	 * @param debianPackage the Debian package of the program
	 * @param names the possible names of the program
	 * @return the program
	 */
	static File needed(String debianPackage, String... names) {
		Optional<File> program = find(names);
		if (program.isEmpty() && "true".equals(System.getenv("CI"))) {
			throw new IllegalStateException(missing(debianPackage, names));
		}
		return program.orElseGet(() -> Assumptions.abort(missing(debianPackage, names)));
	}

	/**
	 * Finds an optional program. Without the program, the test is skipped.
	 * @param debianPackage the Debian package of the program
	 * @param name the name of the program
	 * @return the program
	 */
	static File wanted(String debianPackage, String name) {
		return find(name).orElseGet(() -> Assumptions.abort(missing(debianPackage, name)));
	}

	/**
	 * Returns a command whose errors are part of its output.
	 * @param program the program
	 * @param arguments its arguments
	 * @return the command
	 */
	static ProcessBuilder command(File program, Stream<String> arguments) {
		return new ProcessBuilder(Stream.concat(Stream.of(program.getPath()), arguments).toList())
			.redirectErrorStream(true);
	}

	/**
	 * Runs a command, and asserts that it succeeds.
	 * @param command the command
	 * @return the output
	 */
	static String assertRuns(ProcessBuilder command) throws IOException, InterruptedException {
		Process process = command.redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).as(output).isZero();
		return output;
	}

	private static Optional<File> find(String... names) {
		String[] directories = (System.getenv("PATH") + File.pathSeparator + "/usr/sbin").split(File.pathSeparator);
		return Stream.of(names)
			.flatMap((name) -> Arrays.stream(directories).map((directory) -> new File(directory, name)))
			.filter(File::canExecute)
			.findFirst();
	}

	private static String missing(String debianPackage, String... names) {
		return "There is no " + String.join(" or ", names) + " on the PATH (Debian package: " + debianPackage + ")";
	}

}
