package dev.weir.policy;

import java.time.Duration;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseAttributes;
import dev.weir.lease.OnBusy;
import dev.weir.lease.OnLost;
import org.jspecify.annotations.Nullable;

/**
 * The properties of one lock policy.
 *
 * @param enabled Whether the guarded methods take the lock at all.
 * @param timeout Longest time that one caller may hold the lock.
 * @param atLeast Time for which the lock stays taken, counted from its acquisition, even
 * if the method ends earlier.
 * @param waitTime Longest time that a caller waits for the lock, zero to not wait.
 * @param onUnavailable Behaviour when Redis does not answer.
 * @param onLost Behaviour when the lock was lost while the method ran.
 * @param onBusy Behaviour when other callers keep the lease for longer than the wait
 * time.
 * @param maxWaiters Maximum number of callers of one instance that wait at the same time.
 * For further callers, the lock is busy at once.
 */
public record LockSettings(@Nullable Boolean enabled, @Nullable Duration timeout, @Nullable Duration atLeast,
		@Nullable Duration waitTime, @Nullable OnUnavailable onUnavailable, @Nullable OnLost onLost,
		@Nullable OnBusy onBusy, @Nullable Integer maxWaiters) implements LeaseAttributes {

	public LockSettings {
		LeaseAttributes.check(null, timeout, waitTime, maxWaiters);
		if (atLeast != null && atLeast.isNegative()) {
			throw new IllegalArgumentException("'at-least' must not be negative: use 0 to release the lock at once");
		}
	}

	/**
	 * Merges these settings with others, attribute by attribute.
	 * @param below the settings with less precedence
	 * @return the merged settings
	 */
	public LockSettings over(LockSettings below) {
		PolicyLayers<LockSettings> both = PolicyLayers.of(this, below);
		return new LockSettings(both.value(LockSettings::enabled), both.value(LockSettings::timeout),
				both.value(LockSettings::atLeast), both.value(LockSettings::waitTime),
				both.value(LockSettings::onUnavailable), both.value(LockSettings::onLost),
				both.value(LockSettings::onBusy), both.value(LockSettings::maxWaiters));
	}

}
