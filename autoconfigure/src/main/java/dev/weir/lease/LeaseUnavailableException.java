package dev.weir.lease;

/**
 * Thrown when the store does not answer in time or cannot be reached, and when the
 * application shuts down. It is not known whether the lease is free. The guarded method
 * did not run. The message contains the reason, in the words of Redis where it gave one.
 */
public final class LeaseUnavailableException extends LeaseException {

	public LeaseUnavailableException(LeaseRequest request, Throwable cause) {
		super(request,
				"The " + request.key().kind() + " '" + request.name() + "' is unavailable: " + cause.getMessage(),
				cause);
	}

}
