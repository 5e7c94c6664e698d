/**
 * Rate limit rules and response headers for web requests.
 */
@NullMarked
package dev.weir.web;

import org.jspecify.annotations.NullMarked;
