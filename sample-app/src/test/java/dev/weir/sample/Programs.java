package dev.weir.sample;

import java.io.File;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;

/**
 * Programs that are installed on this machine, or not.
 */
final class Programs {

	private Programs() {
	}

	/**
	 * Finds a program that CI must have. Elsewhere a test that needs it is skipped.
	 * @param debianPackage where it comes from
	 * @param names its names
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
	 * Finds a program. A test that would like to use it is skipped without it.
	 * @param debianPackage where it comes from
	 * @param name its name
	 * @return the program
	 */
	static File wanted(String debianPackage, String name) {
		return find(name).orElseGet(() -> Assumptions.abort(missing(debianPackage, name)));
	}

	private static Optional<File> find(String... names) {
		String[] directories = (System.getenv("PATH") + File.pathSeparator + "/usr/sbin").split(File.pathSeparator);
		return Stream.of(names)
			.flatMap((name) -> Arrays.stream(directories).map((directory) -> new File(directory, name)))
			.filter(File::canExecute)
			.findFirst();
	}

	private static String missing(String debianPackage, String... names) {
		return "There is no " + String.join(" or ", names) + " on the PATH (Debian: " + debianPackage + ")";
	}

}
