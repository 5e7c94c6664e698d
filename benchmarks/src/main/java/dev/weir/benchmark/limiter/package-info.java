/**
 * Rate limiters of Weir and of its peers.
 */
@NullMarked
package dev.weir.benchmark.limiter;

import org.jspecify.annotations.NullMarked;
