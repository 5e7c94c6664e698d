/**
 * The engine of locks and semaphores: queues the callers of this JVM, renews their
 * leases, hands them on and detects their loss. This package depends neither on Spring
 * nor on Redis.
 */
@NullMarked
package dev.weir.lease.engine;

import org.jspecify.annotations.NullMarked;
