/**
 * Leases and the engine that acquires, renews, hands on and releases them. This package
 * depends neither on Spring nor on Redis: a store implements
 * {@link dev.weir.lease.LeaseStore}.
 */
@NullMarked
package dev.weir.lease;

import org.jspecify.annotations.NullMarked;
