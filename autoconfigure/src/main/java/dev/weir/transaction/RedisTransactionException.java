package dev.weir.transaction;

import org.jspecify.annotations.Nullable;

/**
 * A transaction that did not end as asked. The sub-types are what a caller must tell
 * apart: somebody else changed what it read ({@link OptimisticLockException}), it asks
 * for what Redis cannot do ({@link TransactionRejectedException}), it took too long
 * ({@link TransactionTimeoutException}), it was applied before
 * ({@link AlreadyAppliedException}), Redis did not answer and nothing was written
 * ({@link TransactionUnavailableException}), or Redis did not answer and nobody knows
 * ({@link OutcomeUnknownException}). In all cases but the last nothing was written.
 * <p>
 * Messages never name a key, which may hold data of a user.
 */
public abstract sealed class RedisTransactionException extends RuntimeException
		permits AlreadyAppliedException, OptimisticLockException, TransactionRejectedException,
		TransactionTimeoutException, TransactionUnavailableException, OutcomeUnknownException {

	RedisTransactionException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
