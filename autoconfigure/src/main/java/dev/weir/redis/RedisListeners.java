package dev.weir.redis;

import java.time.Duration;
import java.util.List;

import dev.weir.core.Listeners;

/**
 * Makes one listener, which never throws, of several.
 *
 * @param listeners the listeners
 */
record RedisListeners(Listeners<RedisListener> listeners) implements RedisListener {

	/**
	 * Makes one of several.
	 * @param listeners the listeners
	 * @return a listener that never throws
	 */
	static RedisListener of(List<RedisListener> listeners) {
		return listeners.isEmpty() ? NONE : new RedisListeners(new Listeners<>(listeners));
	}

	@Override
	public void called(String script, Duration time, Outcome outcome) {
		this.listeners.tell((listener) -> listener.called(script, time, outcome));
	}

	@Override
	public void failed(String reason) {
		this.listeners.tell((listener) -> listener.failed(reason));
	}

	@Override
	public void circuitOpened(String reason) {
		this.listeners.tell((listener) -> listener.circuitOpened(reason));
	}

	@Override
	public void circuitClosed() {
		this.listeners.tell(RedisListener::circuitClosed);
	}

}
