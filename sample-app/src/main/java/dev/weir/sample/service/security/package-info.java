/**
 * The users of the sample and their permissions.
 */
@NullMarked
package dev.weir.sample.service.security;

import org.jspecify.annotations.NullMarked;
