/**
 * Locks and semaphores of Weir and of its peers.
 */
@NullMarked
package dev.weir.benchmark.guard;

import org.jspecify.annotations.NullMarked;
