package dev.weir.lease;

import java.util.Locale;

/**
 * What a lease is a lease of. The kind decides the format in the store: locks and
 * semaphores never share a key.
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

	@Override
	public String toString() {
		return name().toLowerCase(Locale.ROOT);
	}

}
