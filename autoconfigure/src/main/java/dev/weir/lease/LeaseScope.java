package dev.weir.lease;

import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.jspecify.annotations.Nullable;

/**
 * The leases under which code runs, innermost first. Blocking code finds its scope in its
 * thread, reactive code in its context.
 *
 * @param lease the lease
 * @param outer the scope around this one
 */
record LeaseScope(Holding lease, @Nullable LeaseScope outer) {

	private static final ThreadLocal<@Nullable LeaseScope> CURRENT = new ThreadLocal<>();

	/**
	 * The leases of calls that have returned and that something around them still needs;
	 * the same one as often as it is needed. Concurrent: what needs them may end on
	 * another thread.
	 */
	private static final ThreadLocal<@Nullable Collection<Holding>> KEPT = new ThreadLocal<>();

	static Optional<Lease> currentLease() {
		LeaseScope scope = CURRENT.get();
		return Optional.ofNullable((scope != null) ? scope.lease : null);
	}

	static @Nullable LeaseScope current() {
		return CURRENT.get();
	}

	/**
	 * Finds the lease for a key.
	 * @param key the key
	 * @param scope where to look, besides the leases that are kept for this thread
	 * @return the lease or {@code null}
	 */
	static @Nullable HeldLease find(LeaseKey key, @Nullable LeaseScope scope) {
		for (LeaseScope next = scope; next != null; next = next.outer) {
			HeldLease found = find(key, next.lease.members());
			if (found != null) {
				return found;
			}
		}
		Collection<Holding> kept = KEPT.get();
		if (kept != null) {
			for (Holding holding : kept) {
				HeldLease found = find(key, holding.members());
				if (found != null) {
					return found;
				}
			}
		}
		return null;
	}

	private static @Nullable HeldLease find(LeaseKey key, Collection<HeldLease> leases) {
		for (HeldLease lease : leases) {
			if (lease.isFor(key)) {
				return lease;
			}
		}
		return null;
	}

	static void enter(Holding lease) {
		CURRENT.set(new LeaseScope(lease, CURRENT.get()));
	}

	static void exit() {
		LeaseScope scope = CURRENT.get();
		// Not remove(): the next call of this thread would have to make the entry anew.
		CURRENT.set((scope != null) ? scope.outer : null);
	}

	/**
	 * Lets later calls of this thread find a lease, even outside of its scope.
	 * @param lease the lease
	 * @return what to run when that is over, on any thread
	 */
	static Runnable keep(Holding lease) {
		Collection<Holding> known = KEPT.get();
		Collection<Holding> kept = (known != null) ? known : new ConcurrentLinkedQueue<>();
		KEPT.set(kept);
		kept.add(lease);
		return () -> {
			kept.remove(lease);
			if (kept.isEmpty() && KEPT.get() == kept) {
				KEPT.remove();
			}
		};
	}

}
