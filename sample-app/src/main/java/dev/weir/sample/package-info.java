/**
 * The sample application: an AI service whose policies apply across all of its instances.
 */
@NullMarked
package dev.weir.sample;

import org.jspecify.annotations.NullMarked;
