package dev.weir.core;

import dev.weir.lease.LeaseStore;

/**
 * Thrown by a {@link LeaseStore} that gave no answer: it could not be reached, it did not
 * answer in time, or it refuses to work. What was asked of it may or may not have been
 * done, unless it {@linkplain #wasAsked() was not even asked}.
 */
public class StoreUnavailableException extends RuntimeException {

	private final boolean asked;

	public StoreUnavailableException(String message) {
		super(message);
		this.asked = true;
	}

	public StoreUnavailableException(String message, Throwable cause) {
		super(message, cause);
		this.asked = true;
	}

	private StoreUnavailableException(String message, boolean asked) {
		super(message);
		this.asked = asked;
	}

	/**
	 * Makes one for a store that is known to be away and was not asked.
	 * @param message what is known
	 * @return the exception
	 */
	public static StoreUnavailableException withoutAsking(String message) {
		return new StoreUnavailableException(message, false);
	}

	/**
	 * Returns whether the store was asked, so that it may have done what it was asked
	 * for, or may do it yet.
	 * @return {@code false} if it has certainly not done it and never will
	 */
	public boolean wasAsked() {
		return this.asked;
	}

}
