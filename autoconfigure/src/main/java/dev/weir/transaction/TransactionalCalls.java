package dev.weir.transaction;

import dev.weir.transaction.RedisTransactionOperations.Work;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * Runs calls whose writes to Redis are collected, and applies them when the call has
 * returned, or after the commit of the transaction of Spring in which it runs.
 * Thread-safe.
 */
public final class TransactionalCalls {

	private static final boolean SPRING_TX_PRESENT = ClassUtils.isPresent(
			"org.springframework.transaction.support.TransactionSynchronizationManager",
			TransactionalCalls.class.getClassLoader());

	private final RedisTransactions transactions;

	private final @Nullable SpringCommits commits = SPRING_TX_PRESENT ? new SpringCommits() : null;

	/**
	 * Creates the calls.
	 * @param transactions applies what is collected
	 */
	public TransactionalCalls(RedisTransactions transactions) {
		this.transactions = transactions;
	}

	/**
	 * Runs a call. What it adds is dropped if it throws.
	 * @param <T> the type of the result
	 * @param <X> the type of what it throws
	 * @param options how often and for how long it is tried, when no transaction of
	 * Spring is active
	 * @param work the call
	 * @return its result
	 * @throws RedisTransactionException as {@link RedisTransactionOperations#execute}
	 * does, unless it is applied later
	 * @throws X what the call throws
	 */
	public <T extends @Nullable Object, X extends Throwable> T call(TransactionOptions options, Work<T, X> work)
			throws X {
		SpringCommits spring = this.commits;
		if (spring != null && spring.isActive()) {
			return this.transactions.joining(ofCommit(spring), work);
		}
		return this.transactions.with(options).execute(work);
	}

	private CollectedTransaction ofCommit(SpringCommits spring) {
		CollectedTransaction known = spring.current();
		if (known != null) {
			return known;
		}
		CollectedTransaction outer = this.transactions.current();
		if (outer != null && !outer.isAppliedAfterCommit()) {
			// The call around this one began before Spring's transaction and ends after
			// it.
			return outer;
		}
		CollectedTransaction transaction = this.transactions.collect();
		transaction.appliedAfterCommit();
		spring.register(transaction, () -> this.transactions.applyOnce(transaction));
		return transaction;
	}

}
