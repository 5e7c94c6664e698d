package dev.weir.benchmark;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import dev.weir.benchmark.run.Suite;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of the command line.
 *
 * @param suites the suites to run
 * @param measured the time for which each contender is measured under each load
 * @param json the file for the results, {@code null} to print them only
 */
record Arguments(List<Suite> suites, Duration measured, @Nullable Path json) {

	/**
	 * Parses the command line.
	 * @param args the arguments
	 * @param known all suites
	 * @return the parsed arguments
	 * @throws IllegalArgumentException if an argument is not valid; the message is for
	 * the user
	 */
	static Arguments parse(String[] args, List<Suite> known) {
		List<Suite> suites = new ArrayList<>();
		Duration measured = Duration.ofSeconds(5);
		Path json = null;
		List<String> words = List.of(args);
		for (int i = 0; i < words.size(); i++) {
			String word = words.get(i);
			switch (word) {
				case "--seconds" -> measured = seconds(value(words, ++i));
				case "--json" -> json = Path.of(value(words, ++i));
				default -> suites.add(known.stream()
					.filter((suite) -> suite.name().equals(word))
					.findFirst()
					.orElseThrow(() -> new IllegalArgumentException("There is no suite '" + word + "'. Use one of: "
							+ String.join(", ", known.stream().map(Suite::name).toList()))));
			}
		}
		return new Arguments(suites.isEmpty() ? known : List.copyOf(suites), measured, json);
	}

	private static String value(List<String> words, int position) {
		if (position == words.size()) {
			throw new IllegalArgumentException(words.get(position - 1) + " needs a value");
		}
		return words.get(position);
	}

	private static Duration seconds(String text) {
		if (!text.matches("[1-9]\\d{0,3}")) {
			throw new IllegalArgumentException("--seconds needs a number from 1 to 9999, not " + text);
		}
		return Duration.ofSeconds(Long.parseLong(text));
	}

}
