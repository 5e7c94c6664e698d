package dev.weir.policy;

import java.time.Duration;

import dev.weir.lease.engine.LeaseSettings;
import org.jspecify.annotations.Nullable;

/**
 * The properties of one leader role.
 *
 * @param enabled Whether this instance campaigns for the role. An instance that does not
 * is never the leader.
 * @param ttl Time to live of the role's lease in Redis that is not renewed. After a crash
 * of the leader, another instance leads within this time.
 */
public record LeaderSettings(@Nullable Boolean enabled, @Nullable Duration ttl) {

	public LeaderSettings {
		if (ttl != null && ttl.compareTo(LeaseSettings.MIN_TTL) < 0) {
			throw new IllegalArgumentException(
					"'ttl' must be at least " + LeaseSettings.MIN_TTL.toMillis() + "ms, not " + ttl);
		}
	}

	/**
	 * Merges these settings with others, attribute by attribute.
	 * @param below the settings with less precedence
	 * @return the merged settings
	 */
	public LeaderSettings over(LeaderSettings below) {
		PolicyLayers<LeaderSettings> both = PolicyLayers.of(this, below);
		return new LeaderSettings(both.value(LeaderSettings::enabled), both.value(LeaderSettings::ttl));
	}

}
