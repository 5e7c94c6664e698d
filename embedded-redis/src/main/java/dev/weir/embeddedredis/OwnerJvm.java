package dev.weir.embeddedredis;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The JVM that owns a work directory. Its process id alone does not identify it, because
 * the system reuses ids. The owner is part of the directory's name, so that no directory
 * exists without an owner, not even for a moment.
 *
 * @param pid the process id
 * @param startMillis when the process started, in milliseconds since the epoch; 0 if
 * unknown
 */
record OwnerJvm(long pid, long startMillis) {

	/**
	 * Two JVMs may read the start of one process a little differently: Linux counts it
	 * from the boot, and the time of the boot is known in seconds only and moves when the
	 * clock is adjusted.
	 */
	private static final Duration TOLERANCE = Duration.ofSeconds(5);

	private static final Pattern DIRECTORY = Pattern.compile("jvm-(\\d{1,18})-(\\d{1,18})-.*");

	static OwnerJvm current() {
		return of(ProcessHandle.current());
	}

	static OwnerJvm of(ProcessHandle process) {
		return new OwnerJvm(process.pid(), process.info().startInstant().map(Instant::toEpochMilli).orElse(0L));
	}

	/**
	 * Reads the owner from the name of a directory.
	 * @param directoryName the name
	 * @return the owner, or empty if the name is not that of a work directory
	 */
	static Optional<OwnerJvm> parse(String directoryName) {
		Matcher matcher = DIRECTORY.matcher(directoryName);
		if (!matcher.matches()) {
			return Optional.empty();
		}
		return Optional.of(new OwnerJvm(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))));
	}

	String directoryPrefix() {
		return "jvm-" + this.pid + "-" + this.startMillis + "-";
	}

	boolean isAlive() {
		OwnerJvm current = current();
		if (this.pid == current.pid) {
			// In containers each JVM gets the same id, possibly within the tolerance.
			return equals(current);
		}
		return ProcessHandle.of(this.pid)
			.filter(ProcessHandle::isAlive)
			.map(OwnerJvm::of)
			.filter(this::isSame)
			.isPresent();
	}

	private boolean isSame(OwnerJvm other) {
		return this.startMillis == 0 || other.startMillis == 0
				|| Math.abs(this.startMillis - other.startMillis) <= TOLERANCE.toMillis();
	}

}
