package dev.weir.policy;

import java.time.Duration;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseAttributes;
import dev.weir.lease.OnBusy;
import dev.weir.lease.OnLost;
import org.jspecify.annotations.Nullable;

/**
 * The properties of one semaphore policy.
 *
 * @param enabled Whether the guarded methods take a permit at all.
 * @param limit Maximum number of callers that hold a permit at a time, in all instances
 * together.
 * @param timeout Longest time that one caller may hold a permit.
 * @param waitTime Longest time that a caller waits for a permit, zero to not wait.
 * @param onUnavailable Behaviour when Redis does not answer.
 * @param onLost Behaviour when the permit was lost while the method ran.
 * @param onBusy Behaviour when other callers keep the lease for longer than the wait
 * time.
 * @param maxWaiters Maximum number of callers of one instance that wait at the same time.
 * For further callers, the semaphore is busy at once.
 */
public record SemaphoreSettings(@Nullable Boolean enabled, @Nullable Integer limit, @Nullable Duration timeout,
		@Nullable Duration waitTime, @Nullable OnUnavailable onUnavailable, @Nullable OnLost onLost,
		@Nullable OnBusy onBusy, @Nullable Integer maxWaiters) implements LeaseAttributes {

	public SemaphoreSettings {
		LeaseAttributes.check(limit, timeout, waitTime, maxWaiters);
	}

	/**
	 * Merges these settings with others, attribute by attribute.
	 * @param below the settings with less precedence
	 * @return the merged settings
	 */
	public SemaphoreSettings over(SemaphoreSettings below) {
		PolicyLayers<SemaphoreSettings> both = PolicyLayers.of(this, below);
		return new SemaphoreSettings(both.value(SemaphoreSettings::enabled), both.value(SemaphoreSettings::limit),
				both.value(SemaphoreSettings::timeout), both.value(SemaphoreSettings::waitTime),
				both.value(SemaphoreSettings::onUnavailable), both.value(SemaphoreSettings::onLost),
				both.value(SemaphoreSettings::onBusy), both.value(SemaphoreSettings::maxWaiters));
	}

}
