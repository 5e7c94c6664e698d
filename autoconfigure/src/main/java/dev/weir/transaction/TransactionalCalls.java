package dev.weir.transaction;

import dev.weir.transaction.RedisTransactionOperations.Work;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls and collects their writes to Redis. Writes that are added while a
 * transaction of Spring is active are applied after its commit. All other writes are
 * applied when the call has returned. Thread-safe.
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
	 * Runs a call. If the call throws, its writes are dropped. Writes that the call adds
	 * in a transaction of Spring that begins within the call are applied or dropped with
	 * that transaction.
	 * @param <T> the type of the result
	 * @param <X> the type of the exception of the call
	 * @param options the number of tries and their time limit, only for the writes that
	 * are applied when the call returns
	 * @param work the call
	 * @return the result of the call
	 * @throws RedisTransactionException if {@link RedisTransactionOperations#execute}
	 * would throw it, unless the writes are applied later
	 * @throws X if the call throws it
	 */
	public <T extends @Nullable Object, X extends Throwable> T call(TransactionOptions options, Work<T, X> work)
			throws X {
		return this.transactions.with(options).collecting(this::ofCommit, this::isEnding, work);
	}

	private boolean isEnding() {
		return this.surrounding != null && this.surrounding.isEnding();
	}

	private @Nullable TransactionBuffer ofCommit() {
		return (this.surrounding != null)
				? this.surrounding.current(() -> this.transactions.collect(null), this.transactions::applyOnce) : null;
	}

}
