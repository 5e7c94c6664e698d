package dev.weir.ratelimit;

import org.jspecify.annotations.Nullable;

/**
 * Determines the user of the current call, for limits per user. A bean of this type
 * replaces the one that Weir provides for web applications. Must be thread-safe and fast.
 * <p>
 * Names and other identifiers must have different prefixes: a user whose name looks like
 * an address must not share a bucket with that address.
 */
@FunctionalInterface
public interface UserKeyResolver {

	/**
	 * Returns the user of the call that the current thread handles.
	 * @return a text that is the same for all calls of the user and different for other
	 * users, such as {@code user:alice}; {@code null} if the thread works for no user
	 */
	@Nullable String resolve();

}
