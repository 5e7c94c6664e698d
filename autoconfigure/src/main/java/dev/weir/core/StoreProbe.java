package dev.weir.core;

import java.time.Duration;
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
	 * Returns whether the store has failed to answer several times in a row and gets no
	 * calls now, except for a probe from time to time.
	 * @return whether the circuit is open
	 */
	boolean isCircuitOpen();

	/**
	 * Sends a command to the store, even if the circuit is open. In a cluster, one of the
	 * masters is asked.
	 * @return completes with the time that the answer took; fails within the time that a
	 * command may take
	 */
	CompletionStage<Duration> ping();

}
