package dev.weir.actuate;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The roles of this instance, as the endpoint shows them.
 *
 * @param leaders the roles
 */
public record LiveLeaders(List<LiveLeader> leaders) {

	/**
	 * One role.
	 *
	 * @param role its name
	 * @param leader whether this instance is the leader
	 * @param lease the lease of the leader in the store, {@code null} if the role has no
	 * leader
	 */
	public record LiveLeader(String role, boolean leader, @Nullable LiveLease lease) {

	}

}
