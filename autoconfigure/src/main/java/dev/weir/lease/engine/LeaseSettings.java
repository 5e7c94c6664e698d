package dev.weir.lease.engine;

import java.time.Duration;

/**
 * What all leases of one {@link LeaseManager} have in common.
 *
 * @param ttl how long a place lives in the store without being renewed; a crashed holder
 * blocks others for at most this long
 * @param application the name of this application, told to others who wait
 * @param instance the name of this instance, told to others who wait
 */
public record LeaseSettings(Duration ttl, String application, String instance) {

	/**
	 * The shortest time to live: below it a lease could not be renewed in time.
	 */
	public static final Duration MIN_TTL = Duration.ofMillis(100);

	public LeaseSettings {
		if (ttl.compareTo(MIN_TTL) < 0) {
			throw new IllegalArgumentException(
					"The time to live of a lease must be at least " + MIN_TTL.toMillis() + " ms, not " + ttl);
		}
	}

}
