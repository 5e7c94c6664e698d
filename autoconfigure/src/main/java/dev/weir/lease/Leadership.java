package dev.weir.lease;

/**
 * One instance's part in a role. Of all instances that campaign for the role, one is the
 * leader: it has the lease of the role. The leader keeps the lease until its application
 * ends, it is {@linkplain #stepDown() asked to step down}, or it loses the lease. Then
 * another instance gets it. Thread-safe.
 */
public interface Leadership {

	/**
	 * Returns the name of the role.
	 * @return the name
	 */
	String role();

	/**
	 * Returns whether this instance is the leader. Needs no call to the store: a leader
	 * that was paused or disconnected detects the end of its lease by its own clock.
	 * @return {@code true} only while the lease of the role is valid
	 */
	boolean isLeader();

	/**
	 * Returns the fencing token of this leader. Each leader has a larger token than its
	 * predecessors. Pass the token to the resource that the leader writes to, and let
	 * that resource reject smaller tokens.
	 * @return the token
	 * @throws IllegalStateException if this instance is not the leader
	 */
	long fencingToken();

	/**
	 * Runs an action under the lease of the role, if this instance is the leader. The
	 * action finds the lease through {@link Lease#current()}, and the lease is not handed
	 * to another instance before the action has ended. Needs no call to the store.
	 * @param action the action
	 * @return whether the action ran; {@code false} if this instance is not the leader
	 * @throws LeaseLostException if the lease was lost before the action ended
	 */
	boolean tryRun(Runnable action);

	/**
	 * Gives the role to another instance. Actions that run under the lease keep it until
	 * they have ended. This instance campaigns again after the time to live of the lease,
	 * so without another instance the role has no leader until then.
	 * @return {@code false} if this instance is not the leader
	 */
	boolean stepDown();

}
