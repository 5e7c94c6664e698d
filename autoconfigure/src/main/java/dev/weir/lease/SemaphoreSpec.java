package dev.weir.lease;

import java.time.Duration;

import dev.weir.core.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * A permit as code asks for it, the twin of {@code @Semaphore}. Immutable: each method
 * that says more about it returns another one. What it does not say comes from the
 * properties {@code weir.semaphore.policies.<name>.*}, which also override what it says,
 * and from {@code weir.semaphore.defaults.*}.
 *
 * @param name the name of the policy, part of the key in Redis
 * @param key what has permits of its own, {@code null} if all calls share them
 * @param limit how many permits there are, at least 1
 * @param timeout the longest that the permit may be held, {@code null} if not said
 * @param waitTime how long to wait for it, zero to not wait, {@code null} if not said
 * @param onUnavailable what to do when Redis does not answer, {@code null} if not said
 * @param onLost what to do when the permit was lost, {@code null} if not said
 */
public record SemaphoreSpec(String name, @Nullable String key, Integer limit, @Nullable Duration timeout,
		@Nullable Duration waitTime, @Nullable OnUnavailable onUnavailable,
		@Nullable OnLost onLost) implements LeaseAttributes {

	public SemaphoreSpec {
		if (limit < 1) {
			throw new IllegalArgumentException(
					"The limit of the semaphore '" + name + "' must be at least 1, not " + limit);
		}
	}

	/**
	 * Asks for one of the permits of a name.
	 * @param name the name of the policy
	 * @param limit how many there are, over all instances
	 * @return the permit
	 */
	public static SemaphoreSpec of(String name, int limit) {
		return new SemaphoreSpec(name, null, limit, null, null, null, null);
	}

	/**
	 * Asks for one of the permits of a key.
	 * @param name the name of the policy
	 * @param key what has permits of its own; may come from a user
	 * @param limit how many there are, over all instances
	 * @return the permit
	 */
	public static SemaphoreSpec of(String name, String key, int limit) {
		return new SemaphoreSpec(name, key, limit, null, null, null, null);
	}

	/**
	 * Bounds for how long the permit may be held.
	 * @param timeout the longest time, at least 1 ms
	 * @return the permit
	 */
	public SemaphoreSpec timeout(Duration timeout) {
		return new SemaphoreSpec(this.name, this.key, this.limit, timeout, this.waitTime, this.onUnavailable,
				this.onLost);
	}

	/**
	 * Bounds for how long to wait.
	 * @param waitTime the longest time, zero to not wait
	 * @return the permit
	 */
	public SemaphoreSpec waitTime(Duration waitTime) {
		return new SemaphoreSpec(this.name, this.key, this.limit, this.timeout, waitTime, this.onUnavailable,
				this.onLost);
	}

	/**
	 * Says what happens when Redis does not answer.
	 * @param onUnavailable what happens
	 * @return the permit
	 */
	public SemaphoreSpec onUnavailable(OnUnavailable onUnavailable) {
		return new SemaphoreSpec(this.name, this.key, this.limit, this.timeout, this.waitTime, onUnavailable,
				this.onLost);
	}

	/**
	 * Says what happens when the permit was lost and the callback returned normally.
	 * @param onLost what happens
	 * @return the permit
	 */
	public SemaphoreSpec onLost(OnLost onLost) {
		return new SemaphoreSpec(this.name, this.key, this.limit, this.timeout, this.waitTime, this.onUnavailable,
				onLost);
	}

}
