package dev.weir.lease;

/**
 * A guarded call that did not end as asked. The sub-types are the outcomes that must
 * never be confused: somebody else has the lease ({@link LeaseBusyException}), the store
 * did not answer ({@link LeaseUnavailableException}), it was ours and no longer is
 * ({@link LeaseLostException}), or the caller was interrupted while it waited
 * ({@link LeaseInterruptedException}).
 * <p>
 * Messages name the policy but never the key, which may hold data of a user.
 */
public abstract sealed class LeaseException extends RuntimeException
		permits LeaseBusyException, LeaseUnavailableException, LeaseLostException, LeaseInterruptedException {

	private final LeaseKind kind;

	private final String name;

	LeaseException(LeaseRequest request, String message, Throwable cause) {
		super(message, cause);
		this.kind = request.key().kind();
		this.name = request.name();
	}

	LeaseException(LeaseRequest request, String message) {
		super(message);
		this.kind = request.key().kind();
		this.name = request.name();
	}

	/**
	 * Returns what the lease was a lease of.
	 * @return the kind
	 */
	public LeaseKind getKind() {
		return this.kind;
	}

	/**
	 * Returns the name of the policy that guards the call.
	 * @return the name
	 */
	public String getName() {
		return this.name;
	}

}
