package dev.weir.transaction;

/**
 * Redis did not answer, or cannot work for now (it has no memory left, loads its data, is
 * a replica or lacks some), before anything was written. The cause says what went wrong.
 */
public final class TransactionUnavailableException extends RedisTransactionException {

	/**
	 * Creates an exception.
	 * @param cause what went wrong
	 */
	public TransactionUnavailableException(Throwable cause) {
		super("Nothing was written: Redis is unavailable", cause);
	}

}
