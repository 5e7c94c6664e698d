package dev.weir.embeddedredis;

import static org.awaitility.Awaitility.await;

/**
 * Looks at processes whose end this JVM is not told.
 */
final class Processes {

	private Processes() {
	}

	static void awaitEnd(ProcessHandle process) {
		await().until(() -> hasEnded(process));
	}

	/**
	 * The first process of a container may never collect an ended orphan: it stays
	 * visible, without a command.
	 */
	static boolean hasEnded(ProcessHandle process) {
		return !process.isAlive() || process.info().command().isEmpty();
	}

}
