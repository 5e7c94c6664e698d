/**
 * Bounds for how long something may take.
 */
@NullMarked
package dev.weir.time;

import org.jspecify.annotations.NullMarked;
