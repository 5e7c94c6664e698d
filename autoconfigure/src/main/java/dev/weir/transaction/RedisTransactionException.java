package dev.weir.transaction;

import org.jspecify.annotations.Nullable;

/**
 * Base class of the exceptions for transactions that were not applied as requested.
 * Callers must distinguish the sub-types:
 * <ul>
 * <li>{@link OptimisticLockException}: a key does not have the value that was read or
 * required</li>
 * <li>{@link TransactionRejectedException}: Redis cannot execute the transaction</li>
 * <li>{@link TransactionTimeoutException}: the transaction took too long</li>
 * <li>{@link AlreadyAppliedException}: the transaction was applied before</li>
 * <li>{@link TransactionUnavailableException}: Redis did not answer, and nothing was
 * written</li>
 * <li>{@link OutcomeUnknownException}: Redis did not answer, and the outcome is
 * unknown</li>
 * </ul>
 * In all cases but the last, nothing was written.
 * <p>
 * Messages never contain a key, because a key may hold data of a user.
 */
public abstract sealed class RedisTransactionException extends RuntimeException
		permits AlreadyAppliedException, OptimisticLockException, TransactionRejectedException,
		TransactionTimeoutException, TransactionUnavailableException, OutcomeUnknownException {

	RedisTransactionException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
