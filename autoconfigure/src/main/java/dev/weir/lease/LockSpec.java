package dev.weir.lease;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

import dev.weir.core.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * A lock as code asks for it, the twin of {@code @DistributedLock}. Immutable: each
 * method that says more about it returns another one. What it does not say comes from the
 * properties {@code weir.lock.policies.<name>.*}, which also override what it says, and
 * from {@code weir.lock.defaults.*}.
 *
 * @param name the name of the policy, part of the key in Redis
 * @param keys what to lock, all together or nothing; empty for one lock for the name
 * @param timeout the longest that the lock may be held, {@code null} if not said
 * @param waitTime how long to wait for it, zero to not wait, {@code null} if not said
 * @param fenced whether a fencing token is minted; only for one key
 * @param onUnavailable what to do when Redis does not answer, {@code null} if not said
 * @param onLost what to do when the lock was lost, {@code null} if not said
 */
public record LockSpec(String name, List<String> keys, @Nullable Duration timeout, @Nullable Duration waitTime,
		boolean fenced, @Nullable OnUnavailable onUnavailable, @Nullable OnLost onLost) implements LeaseAttributes {

	public LockSpec {
		keys = List.copyOf(keys);
		if (fenced && keys.size() > 1) {
			throw new IllegalArgumentException(
					"The lock '" + name + "' of several keys cannot be fenced: a token grows for one key");
		}
	}

	/**
	 * Asks for the one lock of a name.
	 * @param name the name of the policy
	 * @return the lock
	 */
	public static LockSpec of(String name) {
		return ofAll(name, List.of());
	}

	/**
	 * Asks for a lock.
	 * @param name the name of the policy
	 * @param key what to lock; may come from a user
	 * @return the lock
	 */
	public static LockSpec of(String name, String key) {
		return ofAll(name, List.of(key));
	}

	/**
	 * Asks for several locks together.
	 * @param name the name of the policy
	 * @param keys what to lock, all or nothing; may come from a user
	 * @return the lock
	 */
	public static LockSpec ofAll(String name, Collection<String> keys) {
		return new LockSpec(name, List.copyOf(keys), null, null, false, null, null);
	}

	/**
	 * Bounds for how long the lock may be held.
	 * @param timeout the longest time, at least 1 ms
	 * @return the lock
	 */
	public LockSpec timeout(Duration timeout) {
		return new LockSpec(this.name, this.keys, timeout, this.waitTime, this.fenced, this.onUnavailable, this.onLost);
	}

	/**
	 * Bounds for how long to wait.
	 * @param waitTime the longest time, zero to not wait
	 * @return the lock
	 */
	public LockSpec waitTime(Duration waitTime) {
		return new LockSpec(this.name, this.keys, this.timeout, waitTime, this.fenced, this.onUnavailable, this.onLost);
	}

	/**
	 * Says whether a fencing token is minted.
	 * @param fenced whether it is
	 * @return the lock
	 */
	public LockSpec fenced(boolean fenced) {
		return new LockSpec(this.name, this.keys, this.timeout, this.waitTime, fenced, this.onUnavailable, this.onLost);
	}

	/**
	 * Says what happens when Redis does not answer.
	 * @param onUnavailable what happens
	 * @return the lock
	 */
	public LockSpec onUnavailable(OnUnavailable onUnavailable) {
		return new LockSpec(this.name, this.keys, this.timeout, this.waitTime, this.fenced, onUnavailable, this.onLost);
	}

	/**
	 * Says what happens when the lock was lost and the callback returned normally.
	 * @param onLost what happens
	 * @return the lock
	 */
	public LockSpec onLost(OnLost onLost) {
		return new LockSpec(this.name, this.keys, this.timeout, this.waitTime, this.fenced, this.onUnavailable, onLost);
	}

}
