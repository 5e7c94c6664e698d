/**
 * The sample's Redis: an embedded one unless it is given one, and what happens when it is
 * away.
 */
@NullMarked
package dev.weir.sample.redis;

import org.jspecify.annotations.NullMarked;
