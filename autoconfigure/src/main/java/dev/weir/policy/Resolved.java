package dev.weir.policy;

import org.jspecify.annotations.Nullable;

/**
 * The value of an attribute that is in force, and where it comes from.
 *
 * @param <T> the type of the value
 * @param value the value, {@code null} if the attribute is not set anywhere
 * @param source where it comes from
 */
public record Resolved<T extends @Nullable Object>(T value, Source source) {

}
