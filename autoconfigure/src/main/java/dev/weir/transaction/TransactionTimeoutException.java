package dev.weir.transaction;

import java.time.Duration;

/**
 * The callback took longer than the transaction may take. Nothing was written.
 */
public final class TransactionTimeoutException extends RedisTransactionException {

	/**
	 * Creates an exception.
	 * @param timeout how long the transaction may take
	 */
	public TransactionTimeoutException(Duration timeout) {
		super("Nothing was written: the transaction took longer than its timeout of " + timeout.toMillis() + " ms",
				null);
	}

}
