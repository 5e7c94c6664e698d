package dev.weir.lease;

/**
 * What happens to a guarded call whose lease was lost while the method ran and whose
 * method then returned normally. A method that throws always ends in its own exception.
 */
public enum OnLost {

	/**
	 * The caller gets {@link LeaseLostException} in place of the result.
	 */
	FAIL,

	/**
	 * The caller gets the result; the loss is logged as a warning.
	 */
	REPORT

}
