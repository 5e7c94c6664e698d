/**
 * The actuator endpoint with its audit, and the health indicator.
 */
@NullMarked
package dev.weir.actuate;

import org.jspecify.annotations.NullMarked;
