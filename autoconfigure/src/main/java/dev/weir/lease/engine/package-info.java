/**
 * The engine of locks and semaphores: queues the callers of this JVM, renews their
 * leases, hands them on and detects their loss. Knows neither Spring nor Redis.
 */
@NullMarked
package dev.weir.lease.engine;

import org.jspecify.annotations.NullMarked;
