package dev.weir.observe;

import dev.weir.lease.LossReason;
import org.jspecify.annotations.Nullable;

/**
 * Application event that is published when this instance is no longer the leader of a
 * role. {@link dev.weir.lease.Leadership#isLeader()} is {@code false} before this event.
 *
 * @param role the name of the role
 * @param fencingToken the fencing token of this leader
 * @param reason the reason for which the lease was lost, {@code null} if this instance
 * gave the role to another one
 */
public record LeadershipLostEvent(String role, long fencingToken, @Nullable LossReason reason) {

}
