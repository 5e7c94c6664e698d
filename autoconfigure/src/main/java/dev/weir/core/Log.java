package dev.weir.core;

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
		for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
			if (!Printable.isPrintable(cause.toString())) {
				return new PrintableThrowable(thrown);
			}
		}
		return thrown;
	}

	/**
	 * Stands for an exception whose message is not printable.
	 */
	private static final class PrintableThrowable extends Throwable {

		private final String text;

		private PrintableThrowable(Throwable thrown) {
			super(Printable.of(thrown.getMessage()),
					(thrown.getCause() != null) ? new PrintableThrowable(thrown.getCause()) : null);
			this.text = Printable.of(thrown);
			setStackTrace(thrown.getStackTrace());
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
