package dev.weir.transaction;

import java.time.Duration;

/**
 * Thrown when the callback takes longer than the transaction may take. Nothing was
 * written.
 */
public final class TransactionTimeoutException extends RedisTransactionException {

	/**
	 * Creates an exception.
	 * @param timeout the longest time that the transaction may take
	 */
	public TransactionTimeoutException(Duration timeout) {
		super("Nothing was written: the transaction took longer than its timeout of " + timeout.toMillis() + " ms",
				null);
	}

}
