package dev.weir.cache;

import org.jspecify.annotations.Nullable;

/**
 * A computation of a cache entry that runs on the current thread. A cache may be wrapped
 * around another one, and a computation may ask for its own entry. A thread that computes
 * an entry must not wait for the lock of that entry: it would wait for itself.
 *
 * @param entry the entry
 * @param outer the computation around this one
 */
record CurrentComputation(String entry, @Nullable CurrentComputation outer) implements AutoCloseable {

	private static final ThreadLocal<@Nullable CurrentComputation> CURRENT = new ThreadLocal<>();

	/**
	 * Returns whether the current thread computes an entry.
	 * @param entry the entry
	 * @return whether the current thread computes it
	 */
	static boolean isFor(String entry) {
		for (CurrentComputation computation = CURRENT.get(); computation != null; computation = computation.outer) {
			if (computation.entry.equals(entry)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Begins a computation on the current thread. It must be closed on the same thread.
	 * @param entry the entry
	 * @return the computation
	 */
	static CurrentComputation begin(String entry) {
		CurrentComputation computation = new CurrentComputation(entry, CURRENT.get());
		CURRENT.set(computation);
		return computation;
	}

	@Override
	public void close() {
		if (this.outer != null) {
			CURRENT.set(this.outer);
		}
		else {
			CURRENT.remove();
		}
	}

}
