package dev.weir.transaction;

import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * The transactions to which code on a thread adds. Thread-safe.
 */
public final class TransactionScope {

	private final ThreadLocal<@Nullable Target> current = new ThreadLocal<>();

	@Nullable Target current() {
		return this.current.get();
	}

	/**
	 * Lets code on the current thread add to a transaction.
	 * @param target says to which
	 * @return ends that, on the same thread
	 */
	Runnable enter(Target target) {
		Target outer = this.current.get();
		this.current.set(target);
		return () -> {
			if (outer != null) {
				this.current.set(outer);
			}
			else {
				this.current.remove();
			}
		};
	}

	/**
	 * Says to which transaction code adds.
	 *
	 * @param own the transaction of the call, applied when it returns
	 * @param bound finds the one that is bound to what surrounds the code right now, such
	 * as a transaction of Spring; {@code null} if nothing does
	 */
	record Target(TransactionBuffer own, Supplier<@Nullable TransactionBuffer> bound) {

		TransactionBuffer transaction() {
			TransactionBuffer around = this.bound.get();
			return (around != null) ? around : this.own;
		}

	}

}
