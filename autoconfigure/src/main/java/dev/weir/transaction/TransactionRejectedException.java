package dev.weir.transaction;

/**
 * Thrown when Redis cannot execute a transaction. Nothing was written.
 * <p>
 * A command is for a key of another type, keys are in several slots of a cluster, a
 * counter grows too large, or the user lacks a permission. The same transaction fails
 * again as long as the keys and permissions stay the same.
 */
public final class TransactionRejectedException extends RedisTransactionException {

	/**
	 * Creates an exception.
	 * @param reason the command or key that cannot be used, and the reason
	 */
	public TransactionRejectedException(String reason) {
		super("Nothing was written: " + reason, null);
	}

}
