package dev.weir.core;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Reports the state of a store that can be away. Thread-safe.
 */
public interface StoreProbe {

	/**
	 * Returns whether a call has needed the store yet.
	 * @return whether there is a connection, or an attempt to connect
	 */
	boolean isInUse();

	/**
	 * Returns the state of the circuits of all masters that were called. A circuit is
	 * open if the master has failed to answer several times in a row and gets no calls
	 * now, except for a probe from time to time.
	 * @return by address of the master, whether its circuit is open
	 */
	Map<String, Boolean> circuits();

	/**
	 * Sends a command to all masters, even if their circuits are open.
	 * @return completes with the time that the answers took; fails within the time that a
	 * command may take
	 */
	CompletionStage<Duration> ping();

}
