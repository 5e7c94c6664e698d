/**
 * Measures the cost of an annotation alone. No call leaves the JVM.
 */
@NullMarked
package dev.weir.benchmark.annotation;

import org.jspecify.annotations.NullMarked;
