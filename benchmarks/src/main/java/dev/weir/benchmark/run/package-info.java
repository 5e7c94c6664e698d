/**
 * Runs contenders in turns, checks them while they run, and counts their operations. This
 * package does not depend on any contender.
 */
@NullMarked
package dev.weir.benchmark.run;

import org.jspecify.annotations.NullMarked;
