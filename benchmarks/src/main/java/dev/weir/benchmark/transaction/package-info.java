/**
 * Ways to write all or nothing.
 */
@NullMarked
package dev.weir.benchmark.transaction;

import org.jspecify.annotations.NullMarked;
