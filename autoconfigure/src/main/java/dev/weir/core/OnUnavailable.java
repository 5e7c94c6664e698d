package dev.weir.core;

/**
 * The behaviour of a guarded call when Redis does not answer.
 */
public enum OnUnavailable {

	/**
	 * The call fails with {@link dev.weir.lease.LeaseUnavailableException} or
	 * {@link dev.weir.ratelimit.RateLimitUnavailableException}; the guarded method does
	 * not run.
	 */
	FAIL,

	/**
	 * The guarded method runs without its lock, permit or rate limit.
	 */
	PROCEED,

	/**
	 * The call is guarded within this JVM only: other instances may run at the same time,
	 * and each instance allows as many calls as the rate limit.
	 */
	LOCAL

}
