/**
 * The sample's Redis: an embedded one unless another one is configured, and the handling
 * of its outages.
 */
@NullMarked
package dev.weir.sample.redis;

import org.jspecify.annotations.NullMarked;
