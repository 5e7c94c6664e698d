package dev.weir.transaction;

import dev.weir.transaction.RedisTransactionOperations.Work;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls whose writes to Redis are collected. What is added while a transaction of
 * Spring is active is applied after its commit, everything else when the call has
 * returned. Thread-safe.
 */
public final class TransactionalCalls {

	private final RedisTransactions transactions;

	private final @Nullable SurroundingTransaction surrounding;

	/**
	 * Creates the calls.
	 * @param transactions applies the writes
	 * @param surrounding the transactions around calls, {@code null} if there are none
	 */
	public TransactionalCalls(RedisTransactions transactions, @Nullable SurroundingTransaction surrounding) {
		this.transactions = transactions;
		this.surrounding = surrounding;
	}

	/**
	 * Runs a call. What it adds is dropped if it throws; what it adds in a transaction of
	 * Spring that begins within it follows that one.
	 * @param <T> the type of the result
	 * @param <X> the type of what it throws
	 * @param options how often and for how long it is tried; only for what is applied
	 * when it returns
	 * @param work the call
	 * @return its result
	 * @throws RedisTransactionException as {@link RedisTransactionOperations#execute}
	 * does, unless it is applied later
	 * @throws X what the call throws
	 */
	public <T extends @Nullable Object, X extends Throwable> T call(TransactionOptions options, Work<T, X> work)
			throws X {
		return this.transactions.with(options).collecting(this::ofCommit, work);
	}

	private @Nullable TransactionBuffer ofCommit() {
		return (this.surrounding != null)
				? this.surrounding.current(() -> this.transactions.collect(null), this.transactions::applyOnce) : null;
	}

}
