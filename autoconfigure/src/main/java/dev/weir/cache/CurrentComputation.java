package dev.weir.cache;

import org.jspecify.annotations.Nullable;

/**
 * An entry whose lock is taken care of for what runs on this thread. Caches lie around
 * each other, and a computation may ask for its own entry: who runs in a flight for an
 * entry must not wait for the lock of that entry, and with it for himself.
 *
 * @param entry the entry
 * @param outer the flight around this one
 */
record CurrentComputation(String entry, @Nullable CurrentComputation outer) implements AutoCloseable {

	private static final ThreadLocal<@Nullable CurrentComputation> CURRENT = new ThreadLocal<>();

	/**
	 * Whether the current thread runs in a flight.
	 * @param entry the entry
	 * @return whether it does
	 */
	static boolean isFor(String entry) {
		for (CurrentComputation flight = CURRENT.get(); flight != null; flight = flight.outer) {
			if (flight.entry.equals(entry)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Begins a flight on the current thread, on which it must be closed.
	 * @param entry the entry
	 * @return the flight
	 */
	static CurrentComputation begin(String entry) {
		CurrentComputation flight = new CurrentComputation(entry, CURRENT.get());
		CURRENT.set(flight);
		return flight;
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
