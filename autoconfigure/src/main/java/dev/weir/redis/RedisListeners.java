package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells several listeners, and keeps what they throw away from the calls.
 *
 * @param listeners the listeners
 */
record RedisListeners(List<RedisListener> listeners) implements RedisListener {

	private static final Logger logger = LoggerFactory.getLogger(RedisListeners.class);

	/**
	 * Makes one of several.
	 * @param listeners the listeners
	 * @return a listener that never throws
	 */
	static RedisListener of(List<RedisListener> listeners) {
		return listeners.isEmpty() ? NONE : new RedisListeners(List.copyOf(listeners));
	}

	@Override
	public void called(String script, Duration time, Outcome outcome) {
		each((listener) -> listener.called(script, time, outcome));
	}

	@Override
	public void circuitOpened(String reason) {
		each((listener) -> listener.circuitOpened(reason));
	}

	@Override
	public void circuitClosed() {
		each(RedisListener::circuitClosed);
	}

	private void each(Consumer<RedisListener> event) {
		for (RedisListener listener : this.listeners) {
			try {
				event.accept(listener);
			}
			catch (RuntimeException ex) {
				logger.warn("A listener for Redis failed", ex);
			}
		}
	}

}
