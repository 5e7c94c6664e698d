package dev.weir.policy;

import java.time.Duration;

import dev.weir.lease.OnLost;
import dev.weir.lease.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * What holds for all policies of one kind whose annotation and properties say nothing
 * else.
 *
 * @param enabled whether leases are taken at all
 * @param timeout the longest that one caller may hold a lease, {@code null} for as long
 * as the method runs
 * @param waitTime how long to wait for a lease that has no timeout, zero to not wait
 * @param onUnavailable what to do when Redis does not answer
 * @param onLost what to do when a lease was lost
 */
public record LeaseDefaults(boolean enabled, @Nullable Duration timeout, Duration waitTime, OnUnavailable onUnavailable,
		OnLost onLost) {

}
