package dev.weir.benchmark.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The processors that this JVM may use.
 *
 * @param ids the numbers of the processors, empty if they are unknown or no process can
 * be bound to them
 */
record Processors(List<Integer> ids) {

	private static final Path STATUS = Path.of("/proc/self/status");

	private static final Path TASKSET = Path.of("/usr/bin/taskset");

	private static final String LIST = "Cpus_allowed_list:";

	static Processors ofThisJvm() {
		try {
			if (Files.isExecutable(TASKSET) && Files.isReadable(STATUS)) {
				return of(Files.readString(STATUS));
			}
		}
		catch (IOException ex) {
			// In this case, child JVMs run on any processor.
		}
		return new Processors(List.of());
	}

	/**
	 * Reads the processors of a process.
	 * @param status the status file of the process (see proc(5))
	 * @return the processors
	 */
	static Processors of(String status) {
		return new Processors(status.lines()
			.filter((line) -> line.startsWith(LIST))
			.flatMap((line) -> Stream.of(line.substring(LIST.length()).strip().split(",")))
			.flatMap(Processors::range)
			.toList());
	}

	private static Stream<Integer> range(String text) {
		String[] ends = text.split("-");
		return IntStream.rangeClosed(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])).boxed();
	}

	/**
	 * Returns the prefix of a command that binds one of several children to its own
	 * processors.
	 * @param child the number of the child, from 0 on
	 * @param children the number of children
	 * @return the prefix, empty if there are too few processors
	 */
	List<String> bind(int child, int children) {
		List<String> own = new ArrayList<>();
		for (int i = child; i < this.ids.size() && children <= this.ids.size(); i += children) {
			own.add(this.ids.get(i).toString());
		}
		return own.isEmpty() ? List.of()
				: List.of(TASKSET.toString(), "-c", own.stream().collect(Collectors.joining(",")));
	}

}
