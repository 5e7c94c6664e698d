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
 * Ties transactions on Redis to the transaction that Spring manages for the current
 * thread. Thread-safe.
 */
public final class SpringCommits implements SurroundingTransaction {

	/**
	 * {@inheritDoc} While Spring's transaction is suspended, the one that suspends it is
	 * the current one.
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

	/**
	 * Applies a transaction after the commit, before others hear of that, and tells what
	 * went wrong after they did: whoever throws after a commit keeps those behind it from
	 * hearing of it.
	 */
	private final class AtCommit implements TransactionSynchronization {

		private final TransactionBuffer transaction;

		private final Consumer<TransactionBuffer> apply;

		private final Runnable takeAllOut;

		private final Map<Object, Runnable> savepoints = new IdentityHashMap<>();

		private boolean isApplied;

		private @Nullable RuntimeException failure;

		AtCommit(TransactionBuffer transaction, Consumer<TransactionBuffer> apply) {
			this.transaction = transaction;
			this.apply = apply;
			this.takeAllOut = transaction.savepoint();
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
			// One that is not known is older than the transaction.
			this.savepoints.getOrDefault(savepoint, this.takeAllOut).run();
		}

		@Override
		public void beforeCompletion() {
			if (TransactionSynchronizationManager.isSynchronizationActive()) {
				// As late as that, it comes after everybody else.
				TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

					@Override
					public void afterCommit() {
						tell();
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
				// It began in a callback after the commit.
				apply();
			}
			this.transaction.end();
			// Spring logs what nobody was told.
			tell();
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

		private void tell() {
			RuntimeException untold = this.failure;
			this.failure = null;
			if (untold != null) {
				throw untold;
			}
		}

	}

}
