/**
 * Rate limits and lease failures of servlet requests.
 */
@NullMarked
package dev.weir.web.servlet;

import org.jspecify.annotations.NullMarked;
