package dev.weir.core;

import java.util.concurrent.Executor;

/**
 * Calls code that can throw anything, an {@link Error} too, such as
 * {@code NoSuchMethodError} or "unable to create native thread". Such code is foreign
 * (listeners, callbacks, resolvers), or it is a task of a timer, which must be able to go
 * on. All calls of such code go through this class. Thread-safe.
 */
public final class Containment {

	private static final Log logger = Log.of(Containment.class);

	private Containment() {
	}

	/**
	 * Runs code. What the code throws is logged and thrown away.
	 * @param what names the code, for the log
	 * @param code the code
	 * @return whether the code ended normally
	 */
	public static boolean run(Object what, Runnable code) {
		try {
			code.run();
			return true;
		}
		catch (Throwable ex) {
			report(what, ex);
			return false;
		}
	}

	/**
	 * Lets an executor run code on which others depend. The current thread runs the code
	 * if the executor does not take it: because it rejects the code, or because there is
	 * no memory for a thread.
	 * @param executor the executor
	 * @param what names the code, for the log
	 * @param code the code. What it throws is logged and thrown away
	 */
	public static void execute(Executor executor, Object what, Runnable code) {
		Runnable contained = () -> run(what, code);
		try {
			executor.execute(contained);
		}
		catch (Throwable ex) {
			contained.run();
		}
	}

	/**
	 * Logs what foreign code has thrown.
	 * @param what names the code
	 * @param thrown what it has thrown
	 */
	static void report(Object what, Throwable thrown) {
		try {
			logger.warn("{} failed", (what instanceof String) ? what : what.getClass().getName(), thrown);
		}
		catch (Throwable ex) {
			// The log is foreign code, too. There is no place left to report this.
			return;
		}
	}

}
