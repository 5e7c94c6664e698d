package dev.weir.core;

import java.time.Duration;
import java.util.List;

/**
 * Combines several listeners into one, which never throws.
 *
 * @param listeners the listeners
 */
public record StoreListeners(Listeners<StoreListener> listeners) implements StoreListener {

	/**
	 * Combines several listeners.
	 * @param listeners the listeners
	 * @return a listener that never throws
	 */
	public static StoreListener of(List<StoreListener> listeners) {
		return listeners.isEmpty() ? NONE : new StoreListeners(new Listeners<>(listeners));
	}

	@Override
	public void called(String script, Duration time, Outcome outcome) {
		this.listeners.forEach((listener) -> listener.called(script, time, outcome));
	}

	@Override
	public void failed(String reason) {
		this.listeners.forEach((listener) -> listener.failed(reason));
	}

	@Override
	public void circuitOpened(String master, String reason) {
		this.listeners.forEach((listener) -> listener.circuitOpened(master, reason));
	}

	@Override
	public void circuitClosed(String master) {
		this.listeners.forEach((listener) -> listener.circuitClosed(master));
	}

}
