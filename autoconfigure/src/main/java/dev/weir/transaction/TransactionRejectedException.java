package dev.weir.transaction;

/**
 * The transaction asks for what Redis cannot do: a command for a key of another type,
 * keys in several slots of a cluster, a counter that grows too large, something that the
 * user may not do. Nothing was written, and trying the same again does not help as long
 * as the keys and permissions are what they are.
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
