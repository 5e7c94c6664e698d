package dev.weir.transaction;

/**
 * Thrown when Redis did not answer or cannot work for now, before anything was written.
 * Redis cannot work while it has no memory left, loads its data, is a replica or lacks
 * replicas. The cause describes the problem.
 */
public final class TransactionUnavailableException extends RedisTransactionException {

	/**
	 * Creates an exception.
	 * @param cause the failure of the call
	 */
	public TransactionUnavailableException(Throwable cause) {
		super("Nothing was written: Redis is unavailable", cause);
	}

}
