/**
 * The rate limit before the provider of the models.
 */
@NullMarked
package dev.weir.sample.service.provider;

import org.jspecify.annotations.NullMarked;
