/**
 * The annotations, nothing else.
 */
@NullMarked
package dev.weir.annotation;

import org.jspecify.annotations.NullMarked;
