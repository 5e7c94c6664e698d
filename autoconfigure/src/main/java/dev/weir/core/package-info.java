/**
 * What engines and stores stand on, and which knows none of them: time limits and
 * failures of stages, and how listeners are told.
 */
@NullMarked
package dev.weir.core;

import org.jspecify.annotations.NullMarked;
