package dev.weir.lease;

import org.jspecify.annotations.Nullable;

/**
 * Receives the changes of the roles of this instance, for application events and metrics.
 * The changes of one role arrive in order and one at a time: each grant is followed by
 * one loss before the next grant. A listener may block, which delays further changes of
 * the role, but neither the campaign nor {@link Leadership#isLeader()}. An exception that
 * a listener throws is logged and has no other effect. Thread-safe.
 */
public interface LeadershipListener {

	/**
	 * Handles the first use of a role in this instance.
	 * @param leadership the part of this instance in the role
	 */
	default void added(Leadership leadership) {
	}

	/**
	 * Handles the beginning of the leadership of this instance.
	 * @param role the role
	 * @param fencingToken the token of this leader
	 */
	default void granted(String role, long fencingToken) {
	}

	/**
	 * Handles the end of the leadership of this instance.
	 * @param role the role
	 * @param fencingToken the token of this leader
	 * @param reason the reason for which the lease was lost, {@code null} if this
	 * instance gave the role to another one
	 */
	default void lost(String role, long fencingToken, @Nullable LossReason reason) {
	}

}
