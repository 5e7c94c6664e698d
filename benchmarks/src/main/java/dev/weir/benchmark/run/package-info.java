/**
 * Runs contenders in turns, checks them while they run, and counts. Knows nothing of what
 * the contenders do.
 */
@NullMarked
package dev.weir.benchmark.run;

import org.jspecify.annotations.NullMarked;
