/**
 * Compares ways to write several values, all or none.
 */
@NullMarked
package dev.weir.benchmark.transaction;

import org.jspecify.annotations.NullMarked;
