/**
 * Reaches Redis through Lettuce, with the settings of Spring Data's connection factory.
 * No other package imports this client.
 */
@NullMarked
package dev.weir.redis.lettuce;

import org.jspecify.annotations.NullMarked;
