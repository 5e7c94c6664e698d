package dev.weir.autoconfigure;

import dev.weir.policy.GuardedMethods;

import org.springframework.beans.factory.ObjectProvider;

/**
 * Determines whether an application needs Redis before its first call: an application
 * without guarded methods and rules connects to none.
 */
final class NeedForRedis {

	private NeedForRedis() {
	}

	/**
	 * Returns whether calls of the application will need Redis.
	 * @param properties the properties
	 * @param methods the guarded methods that were found at start-up
	 * @return {@code true} if it has a guarded method or a rule
	 */
	static boolean exists(WeirProperties properties, ObjectProvider<GuardedMethods> methods) {
		return !properties.rateLimit().rules().isEmpty() || methods.stream().anyMatch((guarded) -> !guarded.isEmpty());
	}

}
