package dev.weir.transaction;

/**
 * Redis did not answer, or could not work, before anything was written. The cause says
 * what went wrong.
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
