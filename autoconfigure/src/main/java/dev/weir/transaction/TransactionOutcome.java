package dev.weir.transaction;

/**
 * The outcome of a transaction.
 */
public enum TransactionOutcome {

	/** The whole transaction was applied. */
	APPLIED,

	/**
	 * Nothing of the transaction was applied, and nothing will be, even if it is still on
	 * its way.
	 */
	NOT_APPLIED,

	/**
	 * Redis applied some commands and refused one that it was expected to accept; see
	 * {@link OutcomeUnknownException}.
	 */
	PARTLY_APPLIED

}
