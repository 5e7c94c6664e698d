/**
 * The connection to Redis, its memory, and the handling of its outages.
 */
@NullMarked
package dev.weir.sample.service.redis;

import org.jspecify.annotations.NullMarked;
