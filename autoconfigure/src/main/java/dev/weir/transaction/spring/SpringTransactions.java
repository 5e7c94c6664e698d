package dev.weir.transaction.spring;

import dev.weir.lease.EnclosingWork;

import org.springframework.core.Ordered;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The transactions that Spring manages for the current thread. Thread-safe.
 * <p>
 * Reactive transactions belong to no thread, so this class does not detect them: put the
 * guard outside of them.
 */
public final class SpringTransactions implements EnclosingWork {

	@Override
	public boolean isActive() {
		return TransactionSynchronizationManager.isActualTransactionActive()
				&& TransactionSynchronizationManager.isSynchronizationActive();
	}

	@Override
	public void register(Runnable beforeCommit, Runnable afterEnd) {
		TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

			@Override
			public int getOrder() {
				// Last: the work of other callbacks before the commit takes time and is
				// part of the transaction.
				return Ordered.LOWEST_PRECEDENCE;
			}

			@Override
			public void beforeCommit(boolean readOnly) {
				beforeCommit.run();
			}

			@Override
			public void afterCompletion(int status) {
				afterEnd.run();
			}

		});
	}

}
