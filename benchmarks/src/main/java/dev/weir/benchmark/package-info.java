/**
 * Compares Weir with its peers, in one run on one Redis.
 */
@NullMarked
package dev.weir.benchmark;

import org.jspecify.annotations.NullMarked;
