/**
 * The service: an AI service whose policies apply across all of its instances. A team can
 * copy this package: nothing in it belongs to the demonstration.
 */
@NullMarked
package dev.weir.sample.service;

import org.jspecify.annotations.NullMarked;
