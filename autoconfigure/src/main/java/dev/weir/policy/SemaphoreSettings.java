package dev.weir.policy;

import java.time.Duration;

import dev.weir.lease.OnLost;
import dev.weir.lease.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * What properties say about one semaphore policy. What is not set is left to the
 * annotation, and then to the {@link LeaseDefaults}.
 *
 * @param enabled Whether the guarded methods take a permit at all.
 * @param limit How many callers may hold a permit at a time, over all instances.
 * @param timeout Longest time that one caller may hold a permit.
 * @param waitTime Longest time that a caller waits for a permit, zero to not wait.
 * @param onUnavailable What happens when Redis does not answer.
 * @param onLost What happens when the permit was lost while the method ran.
 */
public record SemaphoreSettings(@Nullable Boolean enabled, @Nullable Integer limit, @Nullable Duration timeout,
		@Nullable Duration waitTime, @Nullable OnUnavailable onUnavailable, @Nullable OnLost onLost) {

	public SemaphoreSettings {
		new PolicyOverride(enabled, limit, timeout, waitTime, onUnavailable, onLost);
	}

	/**
	 * Lays these settings over others, attribute by attribute.
	 * @param below the others
	 * @return what these say, and what only the others say
	 */
	public SemaphoreSettings over(SemaphoreSettings below) {
		return new SemaphoreSettings(Precedence.first(this.enabled, below.enabled),
				Precedence.first(this.limit, below.limit), Precedence.first(this.timeout, below.timeout),
				Precedence.first(this.waitTime, below.waitTime),
				Precedence.first(this.onUnavailable, below.onUnavailable), Precedence.first(this.onLost, below.onLost));
	}

	/**
	 * Returns these settings in the form of either kind.
	 * @return the settings
	 */
	public PolicyOverride toOverride() {
		return new PolicyOverride(this.enabled, this.limit, this.timeout, this.waitTime, this.onUnavailable,
				this.onLost);
	}

}
