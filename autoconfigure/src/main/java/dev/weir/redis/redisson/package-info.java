/**
 * Redisson as the client of the stores. Besides the auto-configuration, this is the only
 * package that imports Redisson.
 */
@NullMarked
package dev.weir.redis.redisson;

import org.jspecify.annotations.NullMarked;
