package dev.weir.lease;

/**
 * The lease was ours and was lost before the guarded method returned: its timeout passed,
 * another owner was found in the store, or the store could not be reached until the
 * deadline. The method did run; others may have run at the same time.
 */
public final class LeaseLostException extends LeaseException {

	public LeaseLostException(LeaseRequest request, LossReason reason) {
		super(request, "The " + request.key().kind() + " '" + request.name() + "' was lost while " + request.purpose()
				+ " ran: " + reason.text());
	}

}
