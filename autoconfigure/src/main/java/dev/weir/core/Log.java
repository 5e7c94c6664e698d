package dev.weir.core;

import java.util.Arrays;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.CallerBoundaryAware;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * The log of a class. Makes each argument and the message of each exception
 * {@linkplain Printable printable}, so that no class has to know which texts come from
 * outside. All classes of Weir log through this class. Thread-safe.
 */
public final class Log {

	/** How deeply exceptions are nested in each other at most. */
	private static final int MAX_DEPTH = 20;

	private final Logger logger;

	private Log(Logger logger) {
		this.logger = logger;
	}

	/**
	 * Returns the log of a class.
	 * @param type the class
	 * @return the log
	 */
	public static Log of(Class<?> type) {
		return new Log(LoggerFactory.getLogger(type));
	}

	/**
	 * Logs a line for developers.
	 * @param message the message, with {@code {}} in place of each argument
	 * @param arguments the arguments; the last one can be an exception
	 */
	public void debug(String message, @Nullable Object... arguments) {
		log(Level.DEBUG, message, arguments);
	}

	/**
	 * Logs that something happened as it should.
	 * @param message the message, with {@code {}} in place of each argument
	 * @param arguments the arguments; the last one can be an exception
	 */
	public void info(String message, @Nullable Object... arguments) {
		log(Level.INFO, message, arguments);
	}

	/**
	 * Logs that something is not as it should be.
	 * @param message the message, with {@code {}} in place of each argument
	 * @param arguments the arguments; the last one can be an exception
	 */
	public void warn(String message, @Nullable Object... arguments) {
		log(Level.WARN, message, arguments);
	}

	/**
	 * Logs that something did not work.
	 * @param message the message, with {@code {}} in place of each argument
	 * @param arguments the arguments; the last one can be an exception
	 */
	public void error(String message, @Nullable Object... arguments) {
		log(Level.ERROR, message, arguments);
	}

	private void log(Level level, String message, @Nullable Object[] arguments) {
		if (!this.logger.isEnabledForLevel(level)) {
			return;
		}
		@Nullable Object[] printable = new @Nullable Object[arguments.length];
		for (int i = 0; i < arguments.length; i++) {
			boolean last = i == arguments.length - 1;
			printable[i] = (last && arguments[i] instanceof Throwable thrown) ? printable(thrown)
					: Printable.of(arguments[i]);
		}
		LoggingEventBuilder line = this.logger.atLevel(level);
		if (line instanceof CallerBoundaryAware located) {
			// Otherwise the class and the line in a log would be those of this class.
			located.setCallerBoundary(Log.class.getName());
		}
		line.log(message, printable);
	}

	private static Throwable printable(Throwable thrown) {
		return isPrintable(thrown, MAX_DEPTH) ? thrown : new PrintableThrowable(thrown, MAX_DEPTH);
	}

	private static boolean isPrintable(Throwable thrown, int depth) {
		String text = thrown.toString();
		if (depth == 0 || text.length() > Printable.MAX_LENGTH || !Printable.isPrintable(text)) {
			return false;
		}
		Throwable cause = thrown.getCause();
		return (cause == null || isPrintable(cause, depth - 1))
				&& Arrays.stream(thrown.getSuppressed()).allMatch((suppressed) -> isPrintable(suppressed, depth - 1));
	}

	/**
	 * Stands for an exception that is not printable as it is. Omits what is nested too
	 * deeply: exceptions can be causes of each other.
	 */
	private static final class PrintableThrowable extends Throwable {

		private final String text;

		private PrintableThrowable(Throwable thrown, int depth) {
			super(Printable.of(thrown.getMessage()), copy(thrown.getCause(), depth - 1));
			this.text = Printable.of(thrown);
			setStackTrace(thrown.getStackTrace());
			if (depth > 1) {
				for (Throwable suppressed : thrown.getSuppressed()) {
					addSuppressed(new PrintableThrowable(suppressed, depth - 1));
				}
			}
		}

		private static @Nullable Throwable copy(@Nullable Throwable cause, int depth) {
			return (cause != null && depth > 0) ? new PrintableThrowable(cause, depth) : null;
		}

		@Override
		public synchronized Throwable fillInStackTrace() {
			return this;
		}

		@Override
		public String toString() {
			return this.text;
		}

	}

}
