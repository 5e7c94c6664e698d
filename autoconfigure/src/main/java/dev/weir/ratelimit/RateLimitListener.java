package dev.weir.ratelimit;

import java.util.List;

import dev.weir.core.OnUnavailable;

/**
 * Hears what the rate limiter has decided: for metrics and reports. Called on threads
 * that must not be kept; what it throws is logged and has no effect.
 */
public interface RateLimitListener {

	/** Hears nothing. */
	RateLimitListener NONE = (decisions) -> {
	};

	/**
	 * A call was decided.
	 * @param decisions what its buckets answered
	 */
	void decided(Decisions decisions);

	/**
	 * The store did not answer, and a policy of the call says {@link OnUnavailable#FAIL}.
	 * @param charges what the call asked for
	 */
	default void unavailable(List<Charge> charges) {
	}

}
