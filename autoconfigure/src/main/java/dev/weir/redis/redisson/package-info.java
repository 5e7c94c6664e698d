/**
 * Redisson as the client of the stores: the only package that imports it, besides the
 * auto-configuration.
 */
@NullMarked
package dev.weir.redis.redisson;

import org.jspecify.annotations.NullMarked;
