/**
 * The live view: what the guards of all instances are doing right now, and a button to
 * give them something to do.
 */
@NullMarked
package dev.weir.sample.live;

import org.jspecify.annotations.NullMarked;
