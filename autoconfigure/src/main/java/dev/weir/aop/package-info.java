/**
 * The aspects: they turn a join point into policy, key and call, and hand it to the
 * engine.
 */
@NullMarked
package dev.weir.aop;

import org.jspecify.annotations.NullMarked;
