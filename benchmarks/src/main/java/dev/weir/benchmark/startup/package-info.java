/**
 * Measures the start-up time of applications, with and without Weir.
 */
@NullMarked
package dev.weir.benchmark.startup;

import org.jspecify.annotations.NullMarked;
