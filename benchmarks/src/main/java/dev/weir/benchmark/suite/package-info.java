/**
 * The suites for locks and semaphores, one class for each suite.
 */
@NullMarked
package dev.weir.benchmark.suite;

import org.jspecify.annotations.NullMarked;
