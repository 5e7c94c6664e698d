/**
 * What Weir tells Micrometer.
 */
@NullMarked
package dev.weir.observe;

import org.jspecify.annotations.NullMarked;
