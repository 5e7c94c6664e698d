package dev.weir.transaction;

import org.jspecify.annotations.Nullable;

/**
 * The transaction to which code on a thread adds. Thread-safe.
 */
public final class TransactionScope {

	private final ThreadLocal<@Nullable CollectedTransaction> current = new ThreadLocal<>();

	@Nullable CollectedTransaction current() {
		return this.current.get();
	}

	/**
	 * Lets code on the current thread add to a transaction.
	 * @param transaction the transaction
	 * @return ends that, on the same thread
	 */
	Runnable enter(CollectedTransaction transaction) {
		CollectedTransaction outer = this.current.get();
		this.current.set(transaction);
		return () -> {
			if (outer != null) {
				this.current.set(outer);
			}
			else {
				this.current.remove();
			}
		};
	}

}
