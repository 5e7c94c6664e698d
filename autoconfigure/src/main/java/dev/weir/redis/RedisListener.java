package dev.weir.redis;

import java.time.Duration;
import java.util.List;

/**
 * Hears how Redis answers: for metrics and events. Must not throw; thread-safe; called on
 * threads that must not be kept.
 */
public interface RedisListener {

	/** Hears nothing. */
	RedisListener NONE = new RedisListener() {
	};

	/**
	 * A script was run, or that was tried.
	 * @param script its name, that of its file without the ending
	 * @param time how long it took, including the way there
	 * @param outcome how it ended
	 */
	default void called(String script, Duration time, Outcome outcome) {
	}

	/**
	 * Redis has not answered several times in a row: from now on calls are not sent, up
	 * to a probe now and then.
	 * @param reason what happened at last
	 */
	default void circuitOpened(String reason) {
	}

	/**
	 * Redis answers again.
	 */
	default void circuitClosed() {
	}

	/**
	 * Makes one of several.
	 * @param listeners the listeners
	 * @return a listener that tells all of them
	 */
	static RedisListener all(List<RedisListener> listeners) {
		if (listeners.size() < 2) {
			return listeners.isEmpty() ? NONE : listeners.get(0);
		}
		return new RedisListener() {

			@Override
			public void called(String script, Duration time, Outcome outcome) {
				listeners.forEach((listener) -> listener.called(script, time, outcome));
			}

			@Override
			public void circuitOpened(String reason) {
				listeners.forEach((listener) -> listener.circuitOpened(reason));
			}

			@Override
			public void circuitClosed() {
				listeners.forEach(RedisListener::circuitClosed);
			}

		};
	}

	/**
	 * How a script ended.
	 */
	enum Outcome {

		/** Redis answered. */
		ANSWERED,

		/** Redis gave no usable answer in time. */
		UNAVAILABLE,

		/** Redis answered that it was used wrongly. */
		ERROR

	}

}
