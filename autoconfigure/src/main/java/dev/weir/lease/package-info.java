/**
 * Leases and the engine that acquires, renews, hands on and releases them. Knows neither
 * Spring nor Redis: stores are plugged in through {@link dev.weir.lease.LeaseStore}.
 */
@NullMarked
package dev.weir.lease;

import org.jspecify.annotations.NullMarked;
