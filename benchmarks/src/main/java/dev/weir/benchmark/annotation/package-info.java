/**
 * What an annotation costs by itself: nothing here leaves the JVM.
 */
@NullMarked
package dev.weir.benchmark.annotation;

import org.jspecify.annotations.NullMarked;
