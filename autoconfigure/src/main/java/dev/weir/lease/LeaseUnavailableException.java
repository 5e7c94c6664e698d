package dev.weir.lease;

/**
 * The store did not answer in time or could not be reached, so nobody knows whether the
 * lease is free. The guarded method did not run. The cause says what went wrong.
 */
public final class LeaseUnavailableException extends LeaseException {

	public LeaseUnavailableException(LeaseRequest request, Throwable cause) {
		super(request, "The " + request.key().kind() + " '" + request.name() + "' is unavailable: "
				+ "its store did not answer", cause);
	}

}
