/**
 * Measures the cost of Weir in an MVC application.
 */
@NullMarked
package dev.weir.benchmark.filter;

import org.jspecify.annotations.NullMarked;
