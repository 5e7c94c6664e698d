package dev.weir.policy;

import java.time.Duration;

import dev.weir.lease.OnLost;
import dev.weir.lease.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * What properties say about one lock policy. What is not set is left to the annotation,
 * and then to the {@link LeaseDefaults}.
 *
 * @param enabled Whether the guarded methods take the lock at all.
 * @param timeout Longest time that one caller may hold the lock.
 * @param waitTime Longest time that a caller waits for the lock, zero to not wait.
 * @param onUnavailable What happens when Redis does not answer.
 * @param onLost What happens when the lock was lost while the method ran.
 */
public record LockSettings(@Nullable Boolean enabled, @Nullable Duration timeout, @Nullable Duration waitTime,
		@Nullable OnUnavailable onUnavailable, @Nullable OnLost onLost) {

	public LockSettings {
		new PolicyOverride(enabled, null, timeout, waitTime, onUnavailable, onLost);
	}

	/**
	 * Lays these settings over others, attribute by attribute.
	 * @param below the others
	 * @return what these say, and what only the others say
	 */
	public LockSettings over(LockSettings below) {
		return new LockSettings(Precedence.first(this.enabled, below.enabled),
				Precedence.first(this.timeout, below.timeout), Precedence.first(this.waitTime, below.waitTime),
				Precedence.first(this.onUnavailable, below.onUnavailable), Precedence.first(this.onLost, below.onLost));
	}

	/**
	 * Returns these settings in the form of either kind.
	 * @return the settings
	 */
	public PolicyOverride toOverride() {
		return new PolicyOverride(this.enabled, null, this.timeout, this.waitTime, this.onUnavailable, this.onLost);
	}

}
