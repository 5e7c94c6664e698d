package dev.weir.transaction;

import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Ties transactions on Redis to the transaction that Spring manages for the current
 * thread. Thread-safe.
 */
final class SpringCommits {

	private final SpringTransactions springTransactions = new SpringTransactions();

	boolean isActive() {
		return this.springTransactions.isActive();
	}

	/**
	 * Returns the transaction that is applied after the current commit. While Spring's
	 * transaction is suspended another one is the current one.
	 * @return the transaction, {@code null} if there is none yet
	 */
	@Nullable CollectedTransaction current() {
		for (TransactionSynchronization synchronization : TransactionSynchronizationManager.getSynchronizations()) {
			if (synchronization instanceof AfterCommit afterCommit) {
				return afterCommit.transaction;
			}
		}
		return null;
	}

	void register(CollectedTransaction transaction, Runnable apply) {
		TransactionSynchronizationManager.registerSynchronization(new AfterCommit(transaction, apply));
	}

	/**
	 * Applies a transaction after the commit.
	 *
	 * @param transaction the transaction
	 * @param apply applies it
	 */
	private record AfterCommit(CollectedTransaction transaction, Runnable apply) implements TransactionSynchronization {

		@Override
		public int getOrder() {
			// First: whoever else hears of the commit finds what was written.
			return Ordered.HIGHEST_PRECEDENCE;
		}

		@Override
		public void afterCommit() {
			this.apply.run();
		}

		@Override
		public void afterCompletion(int status) {
			this.transaction.end();
		}

	}

}
