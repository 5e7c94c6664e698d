package dev.weir.embeddedredis;

import java.time.Duration;

import static org.awaitility.Awaitility.await;

/**
 * Observes processes about whose end this JVM is not notified.
 */
final class Processes {

	/** A supervisor takes five seconds to give up, and longer on a slow machine. */
	static final Duration LIMIT = Duration.ofSeconds(40);

	private Processes() {
	}

	static void awaitEnd(ProcessHandle process) {
		await().atMost(LIMIT).until(() -> hasEnded(process));
	}

	/**
	 * Returns whether a process has ended. The first process of a container may never
	 * collect an ended orphan: the orphan stays visible, without a command.
	 */
	static boolean hasEnded(ProcessHandle process) {
		return !process.isAlive() || process.info().command().isEmpty();
	}

}
