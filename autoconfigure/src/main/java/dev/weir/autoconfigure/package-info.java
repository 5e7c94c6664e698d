/**
 * Spring Boot auto-configuration for Weir.
 */
@NullMarked
package dev.weir.autoconfigure;

import org.jspecify.annotations.NullMarked;
