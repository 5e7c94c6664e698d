package dev.weir.lease;

import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * The leases under which a thread runs, innermost first.
 *
 * @param lease the lease
 * @param outer the scope around this one
 */
record LeaseScope(HeldLease lease, @Nullable LeaseScope outer) {

	private static final ThreadLocal<@Nullable LeaseScope> CURRENT = new ThreadLocal<>();

	static Optional<Lease> currentLease() {
		LeaseScope scope = CURRENT.get();
		return Optional.ofNullable((scope != null) ? scope.lease : null);
	}

	/**
	 * Finds the lease of the current thread for a key.
	 * @param key the key
	 * @return the lease or {@code null}
	 */
	static @Nullable HeldLease find(LeaseKey key) {
		for (LeaseScope scope = CURRENT.get(); scope != null; scope = scope.outer) {
			if (scope.lease.isFor(key)) {
				return scope.lease;
			}
		}
		return null;
	}

	static void enter(HeldLease lease) {
		CURRENT.set(new LeaseScope(lease, CURRENT.get()));
	}

	static void exit() {
		LeaseScope scope = CURRENT.get();
		if (scope == null || scope.outer == null) {
			CURRENT.remove();
		}
		else {
			CURRENT.set(scope.outer);
		}
	}

}
