package dev.weir.lease;

import java.util.Collection;

/**
 * The roles that one instance has at a time: its leader. The first use of a role in an
 * instance lets this instance campaign for it, for as long as the application runs. So
 * use the names of a few roles, and not data. Thread-safe.
 */
public interface Leaders {

	/**
	 * Returns this instance's part in a role.
	 * @param role the name of the role, such as {@code reports}
	 * @return whether this instance is the leader, at any time
	 * @throws IllegalArgumentException if the name cannot be part of a key
	 */
	Leadership of(String role);

	/**
	 * Returns this instance's part in all roles that it has used.
	 * @return the roles, in the order of their names
	 */
	Collection<? extends Leadership> all();

}
