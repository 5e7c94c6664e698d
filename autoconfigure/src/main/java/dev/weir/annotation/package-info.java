/**
 * The annotations of Weir, and nothing else.
 */
@NullMarked
package dev.weir.annotation;

import org.jspecify.annotations.NullMarked;
