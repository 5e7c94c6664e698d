package dev.weir.ratelimit;

import dev.weir.core.OnUnavailable;

/**
 * Thrown in place of a call if the store of the buckets did not answer and a policy of
 * the call is {@link OnUnavailable#FAIL}.
 */
public final class RateLimitUnavailableException extends RateLimitException {

	/**
	 * Creates an exception.
	 * @param policy the name of the policy
	 * @param cause the reason why the store did not answer
	 */
	public RateLimitUnavailableException(String policy, Throwable cause) {
		super(policy, "The rate limit '" + policy + "' is unavailable: " + cause.getMessage(), cause);
	}

}
