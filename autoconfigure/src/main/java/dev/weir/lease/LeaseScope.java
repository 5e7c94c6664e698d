package dev.weir.lease;

import org.jspecify.annotations.Nullable;

/**
 * The leases under which code runs, innermost first. Blocking code finds its scope in its
 * thread, reactive code in its context. Only the engine enters and exits scopes.
 *
 * @param lease the lease
 * @param outer the scope around this one, {@code null} for none
 */
public record LeaseScope(Lease lease, @Nullable LeaseScope outer) {

	private static final ThreadLocal<@Nullable LeaseScope> CURRENT = new ThreadLocal<>();

	/**
	 * Returns the scope of the current thread.
	 * @return the innermost scope, {@code null} if the thread runs under no lease
	 */
	public static @Nullable LeaseScope current() {
		return CURRENT.get();
	}

	/**
	 * Lets the current thread run under a lease until it {@linkplain #exit() exits}.
	 * @param lease the lease
	 */
	public static void enter(Lease lease) {
		CURRENT.set(new LeaseScope(lease, CURRENT.get()));
	}

	/**
	 * Ends the innermost scope of the current thread.
	 */
	public static void exit() {
		LeaseScope scope = CURRENT.get();
		// Not remove(): the next call on this thread would have to create the entry
		// again.
		CURRENT.set((scope != null) ? scope.outer : null);
	}

}
