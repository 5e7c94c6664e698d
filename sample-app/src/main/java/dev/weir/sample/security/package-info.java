/**
 * Who the user is.
 */
@NullMarked
package dev.weir.sample.security;

import org.jspecify.annotations.NullMarked;
