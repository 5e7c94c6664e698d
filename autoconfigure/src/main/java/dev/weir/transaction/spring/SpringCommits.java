package dev.weir.transaction.spring;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

import dev.weir.transaction.SurroundingTransaction;
import dev.weir.transaction.TransactionBuffer;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Applies transactions on Redis after the commit of the transaction that Spring manages
 * for the current thread. Thread-safe.
 */
public final class SpringCommits implements SurroundingTransaction {

	/**
	 * {@inheritDoc} While a transaction of Spring is suspended, the transaction that
	 * suspends it is the current one.
	 */
	@Override
	public @Nullable TransactionBuffer current(Supplier<TransactionBuffer> starter, Consumer<TransactionBuffer> apply) {
		if (!TransactionSynchronizationManager.isActualTransactionActive()
				|| !TransactionSynchronizationManager.isSynchronizationActive()) {
			return null;
		}
		for (TransactionSynchronization synchronization : TransactionSynchronizationManager.getSynchronizations()) {
			if (synchronization instanceof AtCommit atCommit && atCommit.owner() == this) {
				return atCommit.isApplied ? null : atCommit.transaction;
			}
		}
		AtCommit atCommit = new AtCommit(starter.get(), apply);
		TransactionSynchronizationManager.registerSynchronization(atCommit);
		return atCommit.transaction;
	}

	@Override
	public boolean isEnding() {
		// Spring clears the synchronizations before it runs their last callbacks.
		return TransactionSynchronizationManager.isActualTransactionActive()
				&& !TransactionSynchronizationManager.isSynchronizationActive();
	}

	/**
	 * Applies a transaction after the commit, before other callbacks are notified of the
	 * commit. It throws a failure only after they were notified, because a callback that
	 * throws after a commit keeps Spring from notifying the later ones.
	 */
	private final class AtCommit implements TransactionSynchronization {

		private final TransactionBuffer transaction;

		private final Consumer<TransactionBuffer> apply;

		private final Runnable removeAll;

		private final Map<Object, Runnable> savepoints = new IdentityHashMap<>();

		private boolean isApplied;

		private @Nullable RuntimeException failure;

		AtCommit(TransactionBuffer transaction, Consumer<TransactionBuffer> apply) {
			this.transaction = transaction;
			this.apply = apply;
			this.removeAll = transaction.savepoint();
		}

		SpringCommits owner() {
			return SpringCommits.this;
		}

		@Override
		public int getOrder() {
			return Ordered.HIGHEST_PRECEDENCE;
		}

		@Override
		public void savepoint(Object savepoint) {
			this.savepoints.put(savepoint, this.transaction.savepoint());
		}

		@Override
		public void savepointRollback(Object savepoint) {
			// An unknown savepoint is older than the transaction.
			this.savepoints.getOrDefault(savepoint, this.removeAll).run();
		}

		@Override
		public void beforeCompletion() {
			if (TransactionSynchronizationManager.isSynchronizationActive()) {
				// Registered this late, it runs after all other callbacks.
				TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

					@Override
					public void afterCommit() {
						throwFailure();
					}

				});
			}
		}

		@Override
		public void afterCommit() {
			apply();
		}

		@Override
		public void afterCompletion(int status) {
			if (status == STATUS_COMMITTED && !this.isApplied) {
				// The transaction began in a callback after the commit.
				apply();
			}
			this.transaction.end();
			// Spring logs a failure that no caller has received.
			throwFailure();
		}

		private void apply() {
			this.isApplied = true;
			try {
				this.apply.accept(this.transaction);
			}
			catch (RuntimeException ex) {
				this.failure = ex;
			}
		}

		private void throwFailure() {
			RuntimeException pending = this.failure;
			this.failure = null;
			if (pending != null) {
				throw pending;
			}
		}

	}

}
