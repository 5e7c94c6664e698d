package dev.weir.core;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Watches all log lines of Weir, also those for developers: a text from outside must not
 * begin a line and must not contain a control character.
 */
public final class LogWatch implements AutoCloseable {

	private final Logger logger = (Logger) LoggerFactory.getLogger("dev.weir");

	private final Level level = this.logger.getLevel();

	private final boolean additive = this.logger.isAdditive();

	private final Queue<String> broken = new ConcurrentLinkedQueue<>();

	private final LongAdder lines = new LongAdder();

	private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {

		@Override
		protected void append(ILoggingEvent event) {
			LogWatch.this.lines.increment();
			check(event.getFormattedMessage());
			for (IThrowableProxy thrown = event.getThrowableProxy(); thrown != null; thrown = thrown.getCause()) {
				check(thrown.getClassName() + ": " + thrown.getMessage());
			}
		}

	};

	/**
	 * Begins to watch.
	 */
	public LogWatch() {
		this.appender.setContext(this.logger.getLoggerContext());
		this.appender.start();
		this.logger.setLevel(Level.DEBUG);
		this.logger.setAdditive(false);
		this.logger.addAppender(this.appender);
	}

	private void check(String text) {
		if (!Printable.isPrintable(text) && this.broken.size() < 10) {
			this.broken.add(Printable.of(text));
		}
	}

	/**
	 * Returns how many lines were logged.
	 * @return the number
	 */
	public long lines() {
		return this.lines.sum();
	}

	@Override
	public void close() {
		this.logger.detachAppender(this.appender);
		this.logger.setLevel(this.level);
		this.logger.setAdditive(this.additive);
		assertThat(this.broken).isEmpty();
	}

}
