package dev.weir.lease;

import java.time.Duration;

import dev.weir.core.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * Specifies a permit in code, the counterpart of {@code @Semaphore}. Immutable: each
 * method that sets an attribute returns another specification. Attributes that are not
 * set come from the properties {@code weir.semaphore.policies.<name>.*} and
 * {@code weir.semaphore.defaults.*}. The properties of the policy also override the
 * attributes that are set.
 *
 * @param name the name of the policy, part of the key in Redis
 * @param key the key that has permits of its own, {@code null} if all calls share the
 * permits
 * @param limit the number of permits, at least 1
 * @param timeout the longest time that the permit may be held, {@code null} if not set
 * @param waitTime the longest time to wait for the permit, zero to not wait, {@code null}
 * if not set
 * @param onUnavailable how a call continues if Redis does not answer, {@code null} if not
 * set
 * @param onLost how a call ends if the permit was lost, {@code null} if not set
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
	 * Creates the specification of one of the permits of a name.
	 * @param name the name of the policy
	 * @param limit the number of permits, over all instances
	 * @return the permit
	 */
	public static SemaphoreSpec of(String name, int limit) {
		return new SemaphoreSpec(name, null, limit, null, null, null, null);
	}

	/**
	 * Creates the specification of one of the permits of a key.
	 * @param name the name of the policy
	 * @param key the key that has permits of its own; may come from a user
	 * @param limit the number of permits, over all instances
	 * @return the permit
	 */
	public static SemaphoreSpec of(String name, String key, int limit) {
		return new SemaphoreSpec(name, key, limit, null, null, null, null);
	}

	/**
	 * Sets the longest time that the permit may be held.
	 * @param timeout the longest time, at least 1 ms
	 * @return the permit
	 */
	public SemaphoreSpec timeout(Duration timeout) {
		return new SemaphoreSpec(this.name, this.key, this.limit, timeout, this.waitTime, this.onUnavailable,
				this.onLost);
	}

	/**
	 * Sets the longest time to wait for the permit.
	 * @param waitTime the longest time, zero to not wait
	 * @return the permit
	 */
	public SemaphoreSpec waitTime(Duration waitTime) {
		return new SemaphoreSpec(this.name, this.key, this.limit, this.timeout, waitTime, this.onUnavailable,
				this.onLost);
	}

	/**
	 * Sets how a call continues if Redis does not answer.
	 * @param onUnavailable the choice
	 * @return the permit
	 */
	public SemaphoreSpec onUnavailable(OnUnavailable onUnavailable) {
		return new SemaphoreSpec(this.name, this.key, this.limit, this.timeout, this.waitTime, onUnavailable,
				this.onLost);
	}

	/**
	 * Sets how a call ends if the permit was lost and the callback returned normally.
	 * @param onLost the choice
	 * @return the permit
	 */
	public SemaphoreSpec onLost(OnLost onLost) {
		return new SemaphoreSpec(this.name, this.key, this.limit, this.timeout, this.waitTime, this.onUnavailable,
				onLost);
	}

}
