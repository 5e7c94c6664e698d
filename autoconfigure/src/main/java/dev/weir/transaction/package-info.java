/**
 * How guarded calls and transactions fit together.
 */
@NullMarked
package dev.weir.transaction;

import org.jspecify.annotations.NullMarked;
