package dev.weir.transaction;

import java.util.function.Consumer;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * A transaction of another resource, such as a database, around calls that write to
 * Redis. The writes of these calls are applied after the commit of that transaction.
 * Thread-safe.
 */
public interface SurroundingTransaction {

	/**
	 * Returns the buffer for writes of the current thread.
	 * @param starter starts a buffer, if the surrounding transaction has none yet
	 * @param apply applies the buffer; called once, after the commit
	 * @return the buffer, {@code null} if no transaction surrounds the thread, or if its
	 * buffer has been applied
	 */
	@Nullable TransactionBuffer current(Supplier<TransactionBuffer> starter, Consumer<TransactionBuffer> apply);

	/**
	 * Returns whether the surrounding transaction has ended and its last callbacks run.
	 * Writes of these callbacks belong to no transaction any more, and are applied at
	 * once.
	 * @return whether the callbacks after the completion run on the current thread
	 */
	boolean isEnding();

}
