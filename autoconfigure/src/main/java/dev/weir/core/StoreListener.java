package dev.weir.core;

import java.time.Duration;

/**
 * Is notified of how Redis answers: for metrics, events and the log. An exception that it
 * throws is logged and has no other effect. Implementations are thread-safe and do not
 * block.
 */
public interface StoreListener {

	/** Does nothing. */
	StoreListener NONE = new StoreListener() {
	};

	/**
	 * A script call has ended.
	 * @param script the name of the script: that of its file without the ending
	 * @param time the time of the call, including the way to Redis
	 * @param outcome how it ended
	 */
	default void called(String script, Duration time, Outcome outcome) {
	}

	/**
	 * A script call, a subscription or a publication got no usable answer.
	 * @param reason why, as Redis has explained it where it did
	 */
	default void failed(String reason) {
	}

	/**
	 * A master of Redis has failed to answer several times in a row. From now on calls
	 * are not sent to it, except for a probe from time to time.
	 * @param master the address of the master in a cluster, otherwise {@code redis}
	 * @param reason the last failure
	 */
	default void circuitOpened(String master, String reason) {
	}

	/**
	 * A master of Redis answers again.
	 * @param master the address of the master in a cluster, otherwise {@code redis}
	 */
	default void circuitClosed(String master) {
	}

	/**
	 * How a script call ends.
	 */
	enum Outcome {

		/** Redis answered. */
		ANSWERED,

		/** Redis gave no usable answer in time. */
		UNAVAILABLE,

		/** Redis replied with an error: it was used wrongly. */
		ERROR

	}

}
