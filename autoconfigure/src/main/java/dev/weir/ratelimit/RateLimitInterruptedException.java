package dev.weir.ratelimit;

/**
 * Thrown when the calling thread is interrupted while it waits for tokens. The tokens are
 * given back, the limited method did not run, and the interrupt status of the thread is
 * set.
 */
public final class RateLimitInterruptedException extends RateLimitException {

	RateLimitInterruptedException(String policy, InterruptedException cause) {
		super(policy, "Interrupted while waiting for tokens of the rate limit '" + policy + "'", cause);
	}

}
