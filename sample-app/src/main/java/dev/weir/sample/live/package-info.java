/**
 * The live view: the current state of the guards of all instances, and a stampede that
 * gives them work.
 */
@NullMarked
package dev.weir.sample.live;

import org.jspecify.annotations.NullMarked;
