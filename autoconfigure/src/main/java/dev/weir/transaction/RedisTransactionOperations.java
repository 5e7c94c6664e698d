package dev.weir.transaction;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * Executes transactions on Redis. Redis applies all writes of a transaction or none of
 * them. Thread-safe.
 *
 * <pre class="code">
 * transactions.executeWithoutResult((tx) -&gt; {
 *     long stock = tx.get("stock:{42}", Long.class);
 *     tx.set("stock:{42}", stock - 1);
 *     tx.listPushRight("orders:{42}", order);
 * });
 * </pre>
 *
 * When the callback has ended, its commands are sent as one script in one round trip. If
 * the callback throws, nothing is sent. The script first checks that every value that was
 * read is still the same, that every lease is still held and that every command can be
 * applied. Then it writes. If a value that was read has changed, the callback is called
 * again, as often as the options allow. So the callback must have no effects other than
 * on the transaction.
 * <p>
 * Within the callback of another transaction on the same thread, a callback adds to that
 * transaction, which is applied when it ends. Within a method with
 * {@link dev.weir.annotation.RedisTransactional @RedisTransactional}, a callback adds to
 * the transaction of the method or to that of Spring's transaction. The options of the
 * inner transaction have no effect. If the inner callback throws, its additions are
 * removed again.
 * <p>
 * Methods that block wait for at most the time-out of Redis for each round trip. An
 * interrupt does not end them, because the transaction may be applied by then.
 */
public interface RedisTransactionOperations {

	/**
	 * Executes a transaction.
	 * @param <T> the type of the result
	 * @param <X> the type of the exception of the callback
	 * @param work the callback that builds the transaction
	 * @return the result of the callback
	 * @throws OptimisticLockException if a key does not have the value that was read or
	 * required
	 * @throws TransactionRejectedException if the commands cannot be applied
	 * @throws AlreadyAppliedException if the transaction has an id and was applied
	 * before, so that nothing was written now; the reads of the callback throw it, too
	 * @throws TransactionTimeoutException if the callback took too long
	 * @throws TransactionUnavailableException if Redis did not answer and nothing was
	 * written
	 * @throws OutcomeUnknownException if Redis did not answer and the outcome is unknown
	 * @throws dev.weir.lease.LeaseLostException if a lease by which the transaction is
	 * fenced was lost
	 * @throws X if the callback throws it
	 */
	<T extends @Nullable Object, X extends Throwable> T execute(Work<T, X> work) throws X;

	/**
	 * Executes a transaction whose callback has no result.
	 * @param <X> the type of the exception of the callback
	 * @param work the callback that builds the transaction
	 * @throws RedisTransactionException if {@link #execute} would throw it
	 * @throws X if the callback throws it
	 */
	<X extends Throwable> void executeWithoutResult(WorkWithoutResult<X> work) throws X;

	/**
	 * Executes a transaction without blocking. It never becomes a part of another
	 * transaction on the calling thread.
	 * @param <T> the type of the result
	 * @param work the callback that builds the transaction; called first on the calling
	 * thread, and again on other threads; must not block: use
	 * {@link RedisTransaction#getAsync}
	 * @return completes with the result of the callback, or with the exception that
	 * {@link #execute} would throw, on a thread where code may block; if the executor
	 * accepts no more tasks because the application shuts down, on the thread that
	 * received the answer
	 */
	<T extends @Nullable Object> CompletableFuture<T> executeAsync(AsyncWork<T> work);

	/**
	 * Returns the outcome of a transaction with an id, for a caller that does not know
	 * it. A transaction that was not applied never will be: execute it again with another
	 * id. The outcome is correct for as long as {@code weir.transaction.marker-ttl} after
	 * the transaction was sent.
	 * @param id the id
	 * @param key any key of the transaction; used only in a cluster
	 * @return the outcome
	 * @throws TransactionUnavailableException if Redis did not answer
	 */
	TransactionOutcome outcome(String id, String key);

	/**
	 * Returns the outcome as {@link #outcome} does, without blocking.
	 * @param id the id
	 * @param key any key of the transaction
	 * @return completes with the outcome
	 */
	CompletableFuture<TransactionOutcome> outcomeAsync(String id, String key);

	/**
	 * Returns operations with other options.
	 * @param options the options
	 * @return the operations
	 */
	RedisTransactionOperations with(TransactionOptions options);

	/**
	 * Returns operations with another serializer.
	 * @param serializer the serializer of values
	 * @return the operations
	 */
	RedisTransactionOperations with(ValueSerializer serializer);

	/**
	 * Builds a transaction.
	 *
	 * @param <T> the type of the result
	 * @param <X> the type of its exception
	 */
	@FunctionalInterface
	interface Work<T extends @Nullable Object, X extends Throwable> {

		/**
		 * Reads values and adds writes.
		 * @param tx the transaction
		 * @return the result
		 * @throws X if nothing is to be written
		 */
		T in(RedisTransaction tx) throws X;

	}

	/**
	 * Builds a transaction and has no result.
	 *
	 * @param <X> the type of its exception
	 */
	@FunctionalInterface
	interface WorkWithoutResult<X extends Throwable> {

		/**
		 * Reads values and adds writes.
		 * @param tx the transaction
		 * @throws X if nothing is to be written
		 */
		void in(RedisTransaction tx) throws X;

	}

	/**
	 * Builds a transaction without blocking.
	 *
	 * @param <T> the type of the result
	 */
	@FunctionalInterface
	interface AsyncWork<T extends @Nullable Object> {

		/**
		 * Reads values and adds writes.
		 * @param tx the transaction
		 * @return completes with the result when all writes are added; after a failure,
		 * nothing is written
		 */
		CompletionStage<T> in(RedisTransaction tx);

	}

}
