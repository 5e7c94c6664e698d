package dev.weir.ratelimit;

/**
 * The end of a reservation in one bucket, for metrics.
 *
 * @param policy the name of the policy
 * @param reserved how many tokens were taken by estimate
 * @param used how many tokens were used
 * @param given how many tokens the bucket got back, negative if it lost them
 * @param dropped how many tokens were used but not taken, because the debt would have
 * been larger than the burst
 * @param outcome the outcome
 */
public record Settlement(String policy, long reserved, long used, long given, long dropped, Outcome outcome) {

	/**
	 * The outcomes of settlements.
	 */
	public enum Outcome {

		/** The bucket contains what was used. */
		SETTLED,

		/**
		 * The estimate stays: the settlement came too late to give tokens back.
		 */
		LATE,

		/** The estimate stays: it is not known how many tokens were used. */
		UNKNOWN,

		/** The store did not answer. The estimate stays, or the bucket is settled. */
		UNAVAILABLE

	}

}
