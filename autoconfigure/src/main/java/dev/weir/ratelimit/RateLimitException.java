package dev.weir.ratelimit;

/**
 * Thrown in place of a call that its rate limits did not allow. The subtypes are the
 * outcomes that must not be confused: a bucket had too few tokens
 * ({@link RateLimitExceededException}), or the store of the buckets did not answer
 * ({@link RateLimitUnavailableException}), or the caller was interrupted while it waited
 * ({@link RateLimitInterruptedException}).
 * <p>
 * Messages name the policy but never the key, which may hold data of a user.
 */
public abstract sealed class RateLimitException extends RuntimeException
		permits RateLimitExceededException, RateLimitUnavailableException, RateLimitInterruptedException {

	private final String policy;

	RateLimitException(String policy, String message) {
		super(message);
		this.policy = policy;
	}

	RateLimitException(String policy, String message, Throwable cause) {
		super(message, cause);
		this.policy = policy;
	}

	/**
	 * Returns the name of the policy that did not allow the call. If several policies
	 * denied it, this is the policy whose denial lasts the longest.
	 * @return the name
	 */
	public String getPolicy() {
		return this.policy;
	}

}
