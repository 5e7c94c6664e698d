package dev.weir.lease.engine;

import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;

import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseScope;
import org.jspecify.annotations.Nullable;

/**
 * Finds the leases that the code around a call already holds.
 */
final class OuterLeases {

	/**
	 * Leases of calls that have returned, kept because something around them, such as a
	 * transaction, still needs them. A lease is listed once for each need. Concurrent:
	 * the need may end on another thread.
	 */
	private static final ThreadLocal<@Nullable Collection<OwnedLease>> KEPT = new ThreadLocal<>();

	private OuterLeases() {
	}

	/**
	 * Finds the lease for a key.
	 * @param key the key
	 * @param scope the scope to search, besides the leases that this thread keeps
	 * @return the lease, {@code null} if there is none
	 */
	static @Nullable HeldLease find(LeaseKey key, @Nullable LeaseScope scope) {
		for (LeaseScope next = scope; next != null; next = next.outer()) {
			HeldLease found = (next.lease() instanceof OwnedLease owned) ? find(key, owned) : null;
			if (found != null) {
				return found;
			}
		}
		Collection<OwnedLease> kept = KEPT.get();
		if (kept != null) {
			for (OwnedLease owned : kept) {
				HeldLease found = find(key, owned);
				if (found != null) {
					return found;
				}
			}
		}
		return null;
	}

	private static @Nullable HeldLease find(LeaseKey key, OwnedLease owned) {
		for (HeldLease lease : owned.members()) {
			if (lease.isFor(key)) {
				return lease;
			}
		}
		return null;
	}

	/**
	 * Lets later calls on this thread find a lease, even outside of its scope.
	 * @param lease the lease
	 * @return ends that, on any thread
	 */
	static Runnable keep(OwnedLease lease) {
		Collection<OwnedLease> known = KEPT.get();
		Collection<OwnedLease> kept = (known != null) ? known : new ConcurrentLinkedQueue<>();
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
