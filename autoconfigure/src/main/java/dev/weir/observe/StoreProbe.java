package dev.weir.observe;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Asks how Redis is. Thread-safe.
 */
public interface StoreProbe {

	/**
	 * Whether this instance needs Redis: it has a guarded method or a rule, or has
	 * connected already. Health does not connect to a Redis that no call needs.
	 * @return whether it does
	 */
	boolean isNeeded();

	/**
	 * Whether Redis has not answered for a while and is not asked for now.
	 * @return whether the circuit is open
	 */
	boolean isCircuitOpen();

	/**
	 * Asks Redis something, also if it is known to be away.
	 * @return completes with how long the answer took, or fails, within the time that a
	 * command may take
	 */
	CompletionStage<Duration> ping();

}
