package dev.weir.lease;

/**
 * Thrown by a {@link LeaseStore} that gave no answer: it could not be reached, it did not
 * answer in time, or it refuses to work. What was asked of it may or may not have been
 * done.
 */
public class StoreUnavailableException extends RuntimeException {

	public StoreUnavailableException(String message) {
		super(message);
	}

	public StoreUnavailableException(String message, Throwable cause) {
		super(message, cause);
	}

}
