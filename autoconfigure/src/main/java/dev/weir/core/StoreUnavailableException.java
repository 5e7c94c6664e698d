package dev.weir.core;

/**
 * Thrown by a store that gave no answer: it could not be reached, it did not answer in
 * time, or it refuses to work. The store may or may not have done the requested work,
 * unless it {@linkplain #wasAsked() was not even asked}.
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
	 * Creates an exception for a store that is known to be away and was not asked.
	 * @param message the known reason
	 * @return the exception
	 */
	public static StoreUnavailableException withoutAsking(String message) {
		return new StoreUnavailableException(message, false);
	}

	/**
	 * Returns whether the store was asked. If so, it may have done the requested work, or
	 * may still do it.
	 * @return {@code false} if the store has certainly not done the work and never will
	 */
	public boolean wasAsked() {
		return this.asked;
	}

}
