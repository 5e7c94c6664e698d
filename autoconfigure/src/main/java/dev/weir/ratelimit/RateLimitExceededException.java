package dev.weir.ratelimit;

import java.time.Duration;

/**
 * Thrown in place of a call for which a bucket had too few tokens. Nothing was taken from
 * any bucket of the call.
 */
public final class RateLimitExceededException extends RateLimitException {

	private final transient Decisions decisions;

	/**
	 * Creates an exception.
	 * @param decisions what the buckets answered, at least one of them a denial
	 */
	public RateLimitExceededException(Decisions decisions) {
		super(decisions.longestDenial().policy(), message(decisions.longestDenial()));
		this.decisions = decisions;
	}

	private static String message(Decision denial) {
		String limit = "The rate limit '" + denial.policy() + "' of " + denial.limit().limit() + " per "
				+ denial.limit().window();
		if (!denial.isPossible()) {
			return limit + " can never allow a call that costs " + denial.cost() + ": its bucket holds "
					+ denial.limit().burst();
		}
		return limit + " is exceeded: " + denial.remaining() + " left of " + denial.cost() + " needed; try again in "
				+ denial.retryAfter().toMillis() + " ms";
	}

	/**
	 * Returns what all buckets of the call answered.
	 * @return the answers
	 */
	public Decisions getDecisions() {
		return this.decisions;
	}

	/**
	 * Returns how many tokens the bucket had that denied for the longest.
	 * @return the number
	 */
	public long getRemaining() {
		return this.decisions.longestDenial().remaining();
	}

	/**
	 * Returns when the buckets that denied the call will have their tokens, if nobody
	 * else takes them.
	 * @return the time from the decision
	 */
	public Duration getRetryAfter() {
		return this.decisions.retryAfter();
	}

}
