package dev.weir.actuate;

import java.time.Duration;
import java.time.Instant;

import dev.weir.lease.Holder;
import dev.weir.lease.LeaseDirectory;
import dev.weir.policy.expression.Digests;
import org.jspecify.annotations.Nullable;

/**
 * One lease.
 *
 * @param kind {@code lock} or {@code semaphore}
 * @param key the key of the lease
 * @param owner the id of the acquisition; if a holder other than Weir wrote the entry,
 * the beginning of a hash of the entry
 * @param application the application that holds the lease, {@code null} if the lease is
 * not Weir's
 * @param instance the instance of that application
 * @param purpose the purpose of the lease, usually class and method
 * @param since when the lease was acquired, by the clock of the holder
 * @param remaining the time until the lease expires unless it is renewed, {@code null} if
 * it never expires
 * @param waitingInstances the number of instances that wait for this key
 */
public record LiveLease(String kind, String key, String owner, @Nullable String application, @Nullable String instance,
		@Nullable String purpose, @Nullable Instant since, @Nullable Duration remaining, int waitingInstances) {

	static LiveLease of(LeaseDirectory.Place place) {
		Holder holder = place.holder();
		String kind = place.key().kind().toString();
		if (holder == null) {
			return new LiveLease(kind, place.key().value(), "sha256:" + Digests.sha256(place.owner()).substring(0, 16),
					null, null, null, null, place.remaining(), place.waitingInstances());
		}
		return new LiveLease(kind, place.key().value(), place.owner().substring(0, place.owner().indexOf('|')),
				holder.application(), holder.instance(), holder.purpose(), holder.since(), place.remaining(),
				place.waitingInstances());
	}

}
