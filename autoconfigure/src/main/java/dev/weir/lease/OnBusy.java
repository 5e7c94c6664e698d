package dev.weir.lease;

/**
 * Determines how a guarded call ends if other holders keep the lease for longer than the
 * caller waits.
 */
public enum OnBusy {

	/** The caller receives a {@link LeaseBusyException}. */
	FAIL,

	/**
	 * The method does not run, and the caller receives an empty result: nothing,
	 * {@code null}, an empty {@code Optional}, an empty reactive result, or a stage that
	 * has completed with {@code null}.
	 */
	SKIP

}
