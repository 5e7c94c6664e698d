package dev.weir.policy;

import java.time.Duration;
import java.time.ZoneId;

import dev.weir.core.OnUnavailable;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * The properties of one rate limit policy.
 *
 * @param enabled Whether the limit is charged at all.
 * @param limit Number of tokens that are added per window. May include the window, as in
 * 60/1m. Also sets the burst, unless the burst is set.
 * @param window Time in which the tokens are added, or 'day', 'week' or 'month'.
 * @param burst Number of tokens that the bucket holds.
 * @param cost Number of tokens that a call takes, unless an expression returns it.
 * @param onUnavailable Behaviour when Redis does not answer.
 * @param shadow Whether denials are only counted and reported.
 * @param zone Time zone whose midnight begins a limit per day, week or month anew.
 * @param waitTime Longest time that a method or an outgoing call waits for its tokens, at
 * most one day.
 */
public record RateLimitSettings(@Nullable Boolean enabled, @Nullable Rate limit, @Nullable RateWindow window,
		@Nullable Long burst, @Nullable Long cost, @Nullable OnUnavailable onUnavailable, @Nullable Boolean shadow,
		@Nullable ZoneId zone, @Nullable Duration waitTime) implements RateLimitAttributes {

	/** The longest time that a call can wait for its tokens. */
	static final Duration LONGEST_WAIT = Duration.ofDays(1);

	public RateLimitSettings {
		if (limit != null && limit.limit() < 1) {
			throw new IllegalArgumentException("'limit' must be at least 1, not " + limit.limit());
		}
		if (limit != null && limit.window() != null && window != null) {
			throw new IllegalArgumentException(
					"'limit' includes a window already: remove 'window', or '/…' from 'limit'");
		}
		if (burst != null && burst < 1) {
			throw new IllegalArgumentException("'burst' must be at least 1, not " + burst);
		}
		if (cost != null && cost < 1) {
			throw new IllegalArgumentException("'cost' must be at least 1, not " + cost);
		}
		if (waitTime != null && (waitTime.isNegative() || waitTime.compareTo(LONGEST_WAIT) > 0)) {
			throw new IllegalArgumentException("'wait-time' must be between 0 and 1 day, not " + waitTime);
		}
		RateWindow effective = (limit != null && limit.window() != null) ? limit.window() : window;
		if (effective != null) {
			// Rejects an invalid window, and a window that does not fit this limit.
			RateLimit.of((limit != null) ? limit.limit() : 1, effective.duration());
		}
	}

	/**
	 * Merges these settings with others, attribute by attribute. A limit that includes
	 * its window also replaces the window of the other settings.
	 * @param below the settings with less precedence
	 * @return the merged settings
	 */
	public RateLimitSettings over(RateLimitSettings below) {
		PolicyLayers<RateLimitSettings> both = PolicyLayers.of(this, below);
		Rate rate = both.value(RateLimitSettings::limit);
		boolean includesWindow = this.limit != null && this.limit.window() != null;
		RateWindow effective = includesWindow ? null : both.value(RateLimitSettings::effectiveWindow);
		if (rate != null && !includesWindow) {
			rate = new Rate(rate.limit(), null);
		}
		return new RateLimitSettings(both.value(RateLimitSettings::enabled), rate, effective,
				both.value(RateLimitSettings::burst), both.value(RateLimitSettings::cost),
				both.value(RateLimitSettings::onUnavailable), both.value(RateLimitSettings::shadow),
				both.value(RateLimitSettings::zone), both.value(RateLimitSettings::waitTime));
	}

}
