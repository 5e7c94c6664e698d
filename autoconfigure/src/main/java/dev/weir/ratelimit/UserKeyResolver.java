package dev.weir.ratelimit;

import org.jspecify.annotations.Nullable;

/**
 * Says who the user of the current call is, for limits per user. A bean of this type
 * replaces the one that Weir brings for web applications. Must be thread-safe and fast.
 * <p>
 * Give names and other things different beginnings: a user named like an address must not
 * share a bucket with it.
 */
@FunctionalInterface
public interface UserKeyResolver {

	/**
	 * Returns the user of the call that the current thread handles.
	 * @return what is the same for all calls of the user and for nobody else's, such as
	 * {@code user:alice}, {@code null} if the thread works for nobody
	 */
	@Nullable String resolve();

}
