package dev.weir.lease.engine;

import java.time.Duration;

/**
 * The settings that all leases of one {@link LeaseManager} share.
 *
 * @param ttl the time that a place lives in the store without being renewed; a crashed
 * holder blocks other callers for at most this time
 * @param application the name of this application, shown to other callers that wait
 * @param instance the name of this instance, shown to other callers that wait
 */
public record LeaseSettings(Duration ttl, String application, String instance) {

	/**
	 * The shortest time to live. With a shorter one, a lease could not be renewed in
	 * time.
	 */
	public static final Duration MIN_TTL = Duration.ofMillis(100);

	public LeaseSettings {
		if (ttl.compareTo(MIN_TTL) < 0) {
			throw new IllegalArgumentException(
					"The time to live of a lease must be at least " + MIN_TTL.toMillis() + " ms, not " + ttl);
		}
	}

}
