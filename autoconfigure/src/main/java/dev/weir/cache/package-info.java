/**
 * Caches whose missing entries are computed once across all instances.
 */
@NullMarked
package dev.weir.cache;

import org.jspecify.annotations.NullMarked;
