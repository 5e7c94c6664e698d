package dev.weir.policy;

import java.time.Duration;

import dev.weir.lease.OnLost;
import dev.weir.lease.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * What properties say about one policy of either kind. What is {@code null} is left to
 * the annotation, and then to the {@link LeaseDefaults}.
 *
 * @param enabled whether leases are taken at all
 * @param limit how many may hold a lease at a time
 * @param timeout the longest that one caller may hold a lease
 * @param waitTime how long to wait, zero to not wait
 * @param onUnavailable what to do when Redis does not answer
 * @param onLost what to do when a lease was lost
 */
public record PolicyOverride(@Nullable Boolean enabled, @Nullable Integer limit, @Nullable Duration timeout,
		@Nullable Duration waitTime, @Nullable OnUnavailable onUnavailable, @Nullable OnLost onLost) {

	/** Properties say nothing. */
	static final PolicyOverride NONE = new PolicyOverride(null, null, null, null, null, null);

	public PolicyOverride {
		if (limit != null && limit < 1) {
			throw new IllegalArgumentException("'limit' must be at least 1, not " + limit);
		}
		if (timeout != null && timeout.toMillis() < 1) {
			throw new IllegalArgumentException("'timeout' must be at least 1ms, not " + timeout);
		}
		if (waitTime != null && waitTime.isNegative()) {
			throw new IllegalArgumentException("'wait-time' must not be negative: use 0 to not wait");
		}
	}

}
