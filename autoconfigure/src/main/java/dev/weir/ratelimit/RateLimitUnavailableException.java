package dev.weir.ratelimit;

import dev.weir.core.OnUnavailable;

/**
 * Thrown in place of a call whose policy says {@link OnUnavailable#FAIL} when the store
 * of the buckets did not answer.
 */
public final class RateLimitUnavailableException extends RateLimitException {

	/**
	 * Creates an exception.
	 * @param policy the name of the policy
	 * @param cause why there was no answer
	 */
	public RateLimitUnavailableException(String policy, Throwable cause) {
		super(policy, "The rate limit '" + policy + "' is unavailable: " + cause.getMessage(), cause);
	}

}
