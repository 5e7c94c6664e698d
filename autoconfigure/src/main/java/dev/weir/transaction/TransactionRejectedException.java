package dev.weir.transaction;

/**
 * The transaction asks for what Redis cannot do: a command for a key of another type,
 * keys in several slots of a cluster, a value that is too large, more memory than Redis
 * may use. Nothing was written, and trying again does not help.
 */
public final class TransactionRejectedException extends RedisTransactionException {

	/**
	 * Creates an exception.
	 * @param reason what cannot be done and why
	 */
	public TransactionRejectedException(String reason) {
		super("Nothing was written: " + reason, null);
	}

}
