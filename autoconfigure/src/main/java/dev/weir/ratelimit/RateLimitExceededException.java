package dev.weir.ratelimit;

import java.time.Duration;

/**
 * Thrown in place of a call for which a bucket had too few tokens. The call has taken no
 * tokens from any bucket.
 */
public final class RateLimitExceededException extends RateLimitException {

	private final transient Decisions decisions;

	/**
	 * Creates an exception.
	 * @param decisions the decisions of the buckets, at least one of them a denial
	 */
	public RateLimitExceededException(Decisions decisions) {
		super(decisions.longestDenial().policy(), message(decisions.longestDenial()));
		this.decisions = decisions;
	}

	private static String message(Decision denial) {
		String limit = "The rate limit '" + denial.policy() + "' of " + denial.limit().limit() + " per "
				+ ((denial.limit().quota() != null) ? denial.limit().quota() : denial.limit().window());
		if (!denial.isPossible()) {
			return limit + " can never allow a call that costs " + denial.cost() + ": its bucket holds at most "
					+ denial.limit().burst();
		}
		return limit + " is exceeded: the call costs " + denial.cost() + ", but only " + denial.remaining()
				+ " tokens are left. Try again in " + denial.retryAfter().toMillis() + " ms";
	}

	/**
	 * Returns the decisions of all buckets of the call.
	 * @return the decisions
	 */
	public Decisions getDecisions() {
		return this.decisions;
	}

	/**
	 * Returns how many tokens the bucket had whose denial lasts the longest.
	 * @return the number
	 */
	public long getRemaining() {
		return this.decisions.longestDenial().remaining();
	}

	/**
	 * Returns the time until the buckets that denied the call have enough tokens, if no
	 * other call takes them.
	 * @return the time from the decision
	 */
	public Duration getRetryAfter() {
		return this.decisions.retryAfter();
	}

}
