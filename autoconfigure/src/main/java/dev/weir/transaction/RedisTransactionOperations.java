package dev.weir.transaction;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * Transactions on Redis: all of these writes or none. Thread-safe.
 *
 * <pre class="code">
 * transactions.executeWithoutResult((tx) -&gt; {
 *     long stock = tx.get("stock:{42}", Long.class);
 *     tx.set("stock:{42}", stock - 1);
 *     tx.listPushRight("orders:{42}", order);
 * });
 * </pre>
 *
 * The commands of a callback are sent when it has ended, as one script in one round trip;
 * an exception in it sends nothing. The script first checks that everything that was read
 * is still the same, that every lease is still held and that every command can be
 * applied, then writes. If what was read has changed, the callback is called again, as
 * often as the options say: it must have no other effects than on the transaction.
 * <p>
 * Within the callback of another transaction on the same thread, a callback adds to that
 * transaction, which is applied when it ends; within a method with
 * {@link dev.weir.annotation.RedisTransactional @RedisTransactional} it adds to that of
 * the method or of Spring's transaction. The options of the inner one have no effect. If
 * the inner callback throws, what it has added is taken out again.
 * <p>
 * Methods that block wait for at most the time-out of Redis for each round trip and are
 * not ended by an interrupt, since the transaction may be applied by then.
 */
public interface RedisTransactionOperations {

	/**
	 * Executes a transaction.
	 * @param <T> the type of the result
	 * @param <X> the type of what the callback throws
	 * @param work puts the transaction together
	 * @return the result of the callback
	 * @throws OptimisticLockException if what was read or required is no longer so
	 * @throws TransactionRejectedException if the commands cannot be applied
	 * @throws AlreadyAppliedException if it has an id and was applied before, also from
	 * the callback's reads; then nothing was written now
	 * @throws TransactionTimeoutException if the callback took too long
	 * @throws TransactionUnavailableException if Redis did not answer and nothing was
	 * written
	 * @throws OutcomeUnknownException if Redis did not answer and nobody knows
	 * @throws dev.weir.lease.LeaseLostException if a lease was lost that the transaction
	 * is fenced by
	 * @throws X what the callback throws
	 */
	<T extends @Nullable Object, X extends Throwable> T execute(Work<T, X> work) throws X;

	/**
	 * Executes a transaction whose callback has no result.
	 * @param <X> the type of what the callback throws
	 * @param work puts the transaction together
	 * @throws RedisTransactionException as {@link #execute} does
	 * @throws X what the callback throws
	 */
	<X extends Throwable> void executeWithoutResult(WorkWithoutResult<X> work) throws X;

	/**
	 * Executes a transaction without blocking. It is of its own, whatever runs on the
	 * calling thread.
	 * @param <T> the type of the result
	 * @param work puts the transaction together, on the calling thread and, when it is
	 * called again, on others; must not block: use {@link RedisTransaction#getAsync}
	 * @return completes with the result of the callback, or with what {@link #execute}
	 * would throw, on a thread where code may block; on the thread that brought the
	 * answer if the executor takes no more tasks, because the application shuts down
	 */
	<T extends @Nullable Object> CompletableFuture<T> executeAsync(AsyncWork<T> work);

	/**
	 * Says what has become of a transaction with an id whose outcome is unknown. If it
	 * was not applied it never will be, so execute it again with another id. Right for as
	 * long as {@code weir.transaction.marker-ttl} after the transaction was sent.
	 * @param id the id
	 * @param key one of the keys of the transaction, any of them; only a cluster looks at
	 * it
	 * @return what has become of it
	 * @throws TransactionUnavailableException if Redis did not answer
	 */
	TransactionOutcome outcome(String id, String key);

	/**
	 * Does what {@link #outcome} does, without blocking.
	 * @param id the id
	 * @param key one of the keys of the transaction
	 * @return completes with what has become of it
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
	 * @param serializer how values stand in Redis
	 * @return the operations
	 */
	RedisTransactionOperations with(ValueSerializer serializer);

	/**
	 * Puts a transaction together.
	 *
	 * @param <T> the type of the result
	 * @param <X> the type of what it throws
	 */
	@FunctionalInterface
	interface Work<T extends @Nullable Object, X extends Throwable> {

		/**
		 * Reads, and says what to write.
		 * @param tx the transaction
		 * @return the result
		 * @throws X if nothing is to be written
		 */
		T in(RedisTransaction tx) throws X;

	}

	/**
	 * Puts a transaction together and has no result.
	 *
	 * @param <X> the type of what it throws
	 */
	@FunctionalInterface
	interface WorkWithoutResult<X extends Throwable> {

		/**
		 * Reads, and says what to write.
		 * @param tx the transaction
		 * @throws X if nothing is to be written
		 */
		void in(RedisTransaction tx) throws X;

	}

	/**
	 * Puts a transaction together without blocking.
	 *
	 * @param <T> the type of the result
	 */
	@FunctionalInterface
	interface AsyncWork<T extends @Nullable Object> {

		/**
		 * Reads, and says what to write.
		 * @param tx the transaction
		 * @return completes with the result when everything is said; if it fails, nothing
		 * is written
		 */
		CompletionStage<T> in(RedisTransaction tx);

	}

}
