package dev.weir.ratelimit;

/**
 * What a rate limit does when the store of the buckets does not answer.
 */
public enum FailMode {

	/** Every call is allowed. */
	OPEN,

	/** No call is allowed: it fails with {@link RateLimitUnavailableException}. */
	CLOSED,

	/**
	 * A bucket in this JVM decides until the store answers again, so that all instances
	 * together allow at most as many times the limit as there are instances.
	 */
	LOCAL

}
