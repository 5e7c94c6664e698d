package dev.weir.lease;

/**
 * Thrown when the calling thread is interrupted while it waits for a lease. No lease is
 * left behind, the guarded method did not run, and the interrupt status of the thread is
 * set.
 */
public final class LeaseInterruptedException extends LeaseException {

	public LeaseInterruptedException(LeaseRequest request, InterruptedException cause) {
		super(request, "Interrupted while waiting for the " + request.key().kind() + " '" + request.name() + "'",
				cause);
	}

}
