package dev.weir.lease;

/**
 * Determines how a guarded call ends if its lease was lost while the method ran and the
 * method then returned normally. If the method throws an exception, the call always ends
 * with that exception.
 */
public enum OnLost {

	/**
	 * The caller receives a {@link LeaseLostException} instead of the result.
	 */
	FAIL,

	/**
	 * The caller receives the result, and the loss is logged as a warning.
	 */
	REPORT

}
