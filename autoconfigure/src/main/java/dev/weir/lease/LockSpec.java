package dev.weir.lease;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

import dev.weir.core.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * Specifies a lock in code, the counterpart of {@code @DistributedLock}. Immutable: each
 * method that sets an attribute returns another specification. Attributes that are not
 * set come from the properties {@code weir.lock.policies.<name>.*} and
 * {@code weir.lock.defaults.*}. The properties of the policy also override the attributes
 * that are set.
 *
 * @param name the name of the policy, part of the key in Redis
 * @param keys the keys to lock, all of them or none; empty for the only lock of the name
 * @param timeout the longest time that the lock may be held, {@code null} if not set
 * @param atLeast the time for which the lock stays taken, counted from its acquisition,
 * even if its holder ends earlier; {@code null} if not set
 * @param waitTime the longest time to wait for the lock, zero to not wait, {@code null}
 * if not set
 * @param fenced whether a fencing token is issued; only for one key
 * @param onUnavailable how a call continues if Redis does not answer, {@code null} if not
 * set
 * @param onLost how a call ends if the lock was lost, {@code null} if not set
 */
public record LockSpec(String name, List<String> keys, @Nullable Duration timeout, @Nullable Duration atLeast,
		@Nullable Duration waitTime, boolean fenced, @Nullable OnUnavailable onUnavailable,
		@Nullable OnLost onLost) implements LeaseAttributes {

	public LockSpec {
		keys = List.copyOf(keys);
		if (fenced && keys.size() > 1) {
			throw new IllegalArgumentException("The lock '" + name
					+ "' has several keys and cannot be fenced: each key has its own sequence " + "of tokens");
		}
	}

	/**
	 * Creates the specification of the only lock of a name.
	 * @param name the name of the policy
	 * @return the lock
	 */
	public static LockSpec of(String name) {
		return ofAll(name, List.of());
	}

	/**
	 * Creates the specification of a lock.
	 * @param name the name of the policy
	 * @param key the key to lock; may come from a user
	 * @return the lock
	 */
	public static LockSpec of(String name, String key) {
		return ofAll(name, List.of(key));
	}

	/**
	 * Creates the specification of a lock of several keys.
	 * @param name the name of the policy
	 * @param keys the keys to lock, all of them or none; may come from a user
	 * @return the lock
	 */
	public static LockSpec ofAll(String name, Collection<String> keys) {
		return new LockSpec(name, List.copyOf(keys), null, null, null, false, null, null);
	}

	/**
	 * Sets the longest time that the lock may be held.
	 * @param timeout the longest time, at least 1 ms
	 * @return the lock
	 */
	public LockSpec timeout(Duration timeout) {
		return new LockSpec(this.name, this.keys, timeout, this.atLeast, this.waitTime, this.fenced, this.onUnavailable,
				this.onLost);
	}

	/**
	 * Sets the time for which the lock stays taken, counted from its acquisition, even if
	 * its holder ends earlier. So another instance does not run the same work again a
	 * moment later.
	 * @param atLeast the time, not longer than the timeout; zero for no such time
	 * @return the lock
	 */
	public LockSpec atLeast(Duration atLeast) {
		return new LockSpec(this.name, this.keys, this.timeout, atLeast, this.waitTime, this.fenced, this.onUnavailable,
				this.onLost);
	}

	/**
	 * Sets the longest time to wait for the lock.
	 * @param waitTime the longest time, zero to not wait
	 * @return the lock
	 */
	public LockSpec waitTime(Duration waitTime) {
		return new LockSpec(this.name, this.keys, this.timeout, this.atLeast, waitTime, this.fenced, this.onUnavailable,
				this.onLost);
	}

	/**
	 * Sets whether a fencing token is issued.
	 * @param fenced whether a token is issued
	 * @return the lock
	 */
	public LockSpec fenced(boolean fenced) {
		return new LockSpec(this.name, this.keys, this.timeout, this.atLeast, this.waitTime, fenced, this.onUnavailable,
				this.onLost);
	}

	/**
	 * Sets how a call continues if Redis does not answer.
	 * @param onUnavailable the choice
	 * @return the lock
	 */
	public LockSpec onUnavailable(OnUnavailable onUnavailable) {
		return new LockSpec(this.name, this.keys, this.timeout, this.atLeast, this.waitTime, this.fenced, onUnavailable,
				this.onLost);
	}

	/**
	 * Sets how a call ends if the lock was lost and the callback returned normally.
	 * @param onLost the choice
	 * @return the lock
	 */
	public LockSpec onLost(OnLost onLost) {
		return new LockSpec(this.name, this.keys, this.timeout, this.atLeast, this.waitTime, this.fenced,
				this.onUnavailable, onLost);
	}

}
