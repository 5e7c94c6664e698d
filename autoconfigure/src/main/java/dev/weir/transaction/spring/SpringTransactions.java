package dev.weir.transaction.spring;

import dev.weir.lease.EnclosingWork;

import org.springframework.core.Ordered;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The transactions that Spring manages for the current thread. Thread-safe.
 * <p>
 * Reactive transactions belong to no thread and are not seen: put the guard outside of
 * them.
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
				// Last: what others do before the commit takes time, and is part of it.
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
