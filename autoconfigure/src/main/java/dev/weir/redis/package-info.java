/**
 * The stores on Redis: Lua scripts run through Redisson. The only package that knows
 * Redisson.
 */
@NullMarked
package dev.weir.redis;

import org.jspecify.annotations.NullMarked;
