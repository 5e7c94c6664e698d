package dev.weir.lease;

/**
 * Thrown when a lease is lost before the guarded method returns. The timeout of the lease
 * has passed, the store has another owner, or the store could not be reached until the
 * deadline. The method did run. Other callers may have run at the same time.
 */
public final class LeaseLostException extends LeaseException {

	public LeaseLostException(LeaseRequest request, LossReason reason) {
		super(request, "The " + request.key().kind() + " '" + request.name() + "' was lost while " + request.purpose()
				+ " ran: " + reason.text());
	}

}
