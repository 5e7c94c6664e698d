/**
 * The class paths of applications with and without Weir, for tests and benchmarks.
 */
@NullMarked
package dev.weir.application;

import org.jspecify.annotations.NullMarked;
