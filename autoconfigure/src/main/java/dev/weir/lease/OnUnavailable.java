package dev.weir.lease;

/**
 * What happens to a guarded call when the store does not answer.
 */
public enum OnUnavailable {

	/**
	 * The call fails with {@link LeaseUnavailableException}; the guarded method does not
	 * run.
	 */
	FAIL,

	/**
	 * The guarded method runs without a lease.
	 */
	PROCEED,

	/**
	 * The call is guarded within this JVM only: other instances may run at the same time.
	 */
	LOCAL

}
