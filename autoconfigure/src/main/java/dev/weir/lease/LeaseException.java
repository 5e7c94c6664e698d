package dev.weir.lease;

/**
 * Base class of the exceptions of guarded calls. The sub-types are the outcomes that must
 * never be confused: another holder has the lease ({@link LeaseBusyException}), the store
 * did not answer ({@link LeaseUnavailableException}), the caller had the lease and lost
 * it ({@link LeaseLostException}), or the caller was interrupted while it waited
 * ({@link LeaseInterruptedException}).
 * <p>
 * Messages name the policy but never the key, which may contain data of a user.
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
	 * Returns the kind of the lease.
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
