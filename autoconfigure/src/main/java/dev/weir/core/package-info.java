/**
 * The base of engines and stores, which depends on none of them: time limits and failures
 * of stages, and the notification of listeners.
 */
@NullMarked
package dev.weir.core;

import org.jspecify.annotations.NullMarked;
