/**
 * What operators see and change: the actuator endpoint, its audit, and health.
 */
@NullMarked
package dev.weir.actuate;

import org.jspecify.annotations.NullMarked;
