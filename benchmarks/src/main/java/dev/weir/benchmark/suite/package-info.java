/**
 * What is compared with what, one class for each suite.
 */
@NullMarked
package dev.weir.benchmark.suite;

import org.jspecify.annotations.NullMarked;
