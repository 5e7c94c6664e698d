/**
 * Meters, observations, events, health and log lines for operators.
 */
@NullMarked
package dev.weir.observe;

import org.jspecify.annotations.NullMarked;
