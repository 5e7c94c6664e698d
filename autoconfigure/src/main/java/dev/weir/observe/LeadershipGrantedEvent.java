package dev.weir.observe;

/**
 * Application event that is published when this instance has become the leader of a role.
 * A {@link LeadershipLostEvent} follows each of these events before the next one of the
 * same role.
 *
 * @param role the name of the role
 * @param fencingToken the fencing token of this leader
 */
public record LeadershipGrantedEvent(String role, long fencingToken) {

}
