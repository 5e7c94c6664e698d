package dev.weir.ratelimit;

import java.time.Duration;
import java.util.List;

import dev.weir.core.OnUnavailable;

/**
 * Receives the decisions of the rate limiter, for metrics and reports. It must not block
 * the threads that call it. An exception that it throws is logged and has no other
 * effect.
 */
public interface RateLimitListener {

	/** Does nothing. */
	RateLimitListener NONE = (decisions) -> {
	};

	/**
	 * Receives the decisions of a call.
	 * @param decisions the decisions of its buckets
	 */
	void decided(Decisions decisions);

	/**
	 * Receives the charges of a call that fails because the store did not answer and one
	 * of its policies is {@link OnUnavailable#FAIL}.
	 * @param charges the charges of the call
	 */
	default void unavailable(List<Charge> charges) {
	}

	/**
	 * Receives the decisions of a call that was allowed to wait for its tokens before,
	 * and that a pause denies.
	 * @param decisions the decisions of its buckets
	 */
	default void deniedByPause(Decisions decisions) {
	}

	/**
	 * Receives that this instance has paused a bucket.
	 * @param policy the name of its policy
	 * @param length the length of the pause from now on
	 */
	default void paused(String policy, Duration length) {
	}

	/**
	 * Receives the end of a reservation in one bucket.
	 * @param settlement the settlement
	 */
	default void settled(Settlement settlement) {
	}

}
