/**
 * Rate limits for calls to other services, over the HTTP clients of Spring.
 */
@NullMarked
package dev.weir.outgoing;

import org.jspecify.annotations.NullMarked;
