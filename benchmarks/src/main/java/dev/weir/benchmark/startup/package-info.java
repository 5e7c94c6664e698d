/**
 * How long applications take to start, with Weir and without.
 */
@NullMarked
package dev.weir.benchmark.startup;

import org.jspecify.annotations.NullMarked;
