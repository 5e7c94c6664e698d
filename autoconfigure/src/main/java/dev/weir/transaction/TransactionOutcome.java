package dev.weir.transaction;

/**
 * What became of a transaction.
 */
public enum TransactionOutcome {

	/** All of it was applied. */
	APPLIED,

	/** Nothing of it was applied, and nothing will be, even if it is still on its way. */
	NOT_APPLIED,

	/**
	 * Redis applied some of its commands and refused one that it was thought to take; see
	 * {@link OutcomeUnknownException}.
	 */
	PARTLY_APPLIED

}
