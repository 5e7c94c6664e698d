/**
 * The stores on Redis, which run Lua scripts through a
 * {@link dev.weir.redis.RedisTransport}.
 */
@NullMarked
package dev.weir.redis;

import org.jspecify.annotations.NullMarked;
