/**
 * What Weir tells those who operate it: meters, observations, events, health.
 */
@NullMarked
package dev.weir.observe;

import org.jspecify.annotations.NullMarked;
