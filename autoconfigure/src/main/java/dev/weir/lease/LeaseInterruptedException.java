package dev.weir.lease;

/**
 * The calling thread was interrupted while it waited for a lease. No lease is left
 * behind, the guarded method did not run, and the thread's interrupt status is set.
 */
public final class LeaseInterruptedException extends LeaseException {

	public LeaseInterruptedException(LeaseRequest request, InterruptedException cause) {
		super(request, "Interrupted while waiting for the " + request.key().kind() + " '" + request.name() + "'",
				cause);
	}

}
