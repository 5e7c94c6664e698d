package dev.weir.transaction;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * Holds the transaction to which the code on each thread adds. Thread-safe.
 */
public final class TransactionScope {

	private final ThreadLocal<@Nullable Target> current = new ThreadLocal<>();

	/**
	 * Returns the target of the code on the current thread.
	 * @return the target, {@code null} if there is none, or if its transaction has ended
	 * around the code
	 */
	@Nullable Target current() {
		Target target = this.current.get();
		return (target != null && target.ending().getAsBoolean()) ? null : target;
	}

	/**
	 * Lets code on the current thread add to a transaction.
	 * @param target determines the transaction
	 * @return restores the previous target; must run on the same thread
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
	 * Determines the transaction to which code adds.
	 *
	 * @param own the transaction of the call, applied when the call returns
	 * @param bound returns the transaction that is bound to the current surroundings of
	 * the code, such as a transaction of Spring; {@code null} if there is no transaction
	 * @param ending returns whether these surroundings have ended, so that the code adds
	 * to no transaction any more
	 */
	record Target(TransactionBuffer own, Supplier<@Nullable TransactionBuffer> bound, BooleanSupplier ending) {

		TransactionBuffer transaction() {
			TransactionBuffer around = this.bound.get();
			return (around != null) ? around : this.own;
		}

	}

}
