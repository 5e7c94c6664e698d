package dev.weir.lease;

import java.util.Locale;

/**
 * The kind of a lease. The kind determines the format in the store: locks and semaphores
 * never share a key.
 */
public enum LeaseKind {

	/**
	 * One holder at a time.
	 */
	LOCK,

	/**
	 * At most N holders at a time.
	 */
	SEMAPHORE;

	/**
	 * Returns the kind with the given name.
	 * @param name the name, as {@link #toString()} returns it
	 * @return the kind
	 * @throws IllegalArgumentException if no kind has this name
	 */
	public static LeaseKind of(String name) {
		for (LeaseKind kind : values()) {
			if (kind.toString().equals(name)) {
				return kind;
			}
		}
		throw new IllegalArgumentException("There is no kind of lease '" + name + "': use lock or semaphore");
	}

	@Override
	public String toString() {
		return name().toLowerCase(Locale.ROOT);
	}

}
