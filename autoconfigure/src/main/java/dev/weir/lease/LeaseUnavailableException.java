package dev.weir.lease;

/**
 * Thrown when the store does not answer in time or cannot be reached. It is not known
 * whether the lease is free. The guarded method did not run. The cause describes the
 * problem.
 */
public final class LeaseUnavailableException extends LeaseException {

	public LeaseUnavailableException(LeaseRequest request, Throwable cause) {
		super(request, "The " + request.key().kind() + " '" + request.name() + "' is unavailable: "
				+ "its store did not answer", cause);
	}

}
