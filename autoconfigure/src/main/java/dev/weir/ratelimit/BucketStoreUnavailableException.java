package dev.weir.ratelimit;

/**
 * Thrown by a {@link BucketStore} that gave no usable answer.
 */
public class BucketStoreUnavailableException extends RuntimeException {

	public BucketStoreUnavailableException(String message) {
		super(message);
	}

	public BucketStoreUnavailableException(String message, Throwable cause) {
		super(message, cause);
	}

}
