package dev.weir.redis;

import java.time.Duration;

/**
 * Hears how Redis answers: for metrics and events. What it throws is logged and has no
 * effect. Thread-safe; called on threads that must not be kept.
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
	 * A call got no usable answer, of whatever kind it was.
	 * @param reason why, in the words of Redis where it gave some
	 */
	default void failed(String reason) {
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
