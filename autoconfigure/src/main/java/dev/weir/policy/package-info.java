/**
 * Creates policies from annotations: property overrides, durations, SpEL keys, and the
 * checks at start-up.
 */
@NullMarked
package dev.weir.policy;

import org.jspecify.annotations.NullMarked;
