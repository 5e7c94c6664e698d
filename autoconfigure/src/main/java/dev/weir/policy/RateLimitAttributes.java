package dev.weir.policy;

import java.time.Duration;
import java.time.ZoneId;

import dev.weir.core.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of a rate limit that properties, annotations, rules and code can set. If
 * an attribute is {@code null}, the next lower level of precedence determines it. The
 * order of precedence is property, then annotation, rule or code, then default.
 */
public interface RateLimitAttributes {

	/**
	 * Returns whether calls are charged at all.
	 * @return {@code false} to let all calls pass, {@code null} if not set
	 */
	default @Nullable Boolean enabled() {
		return null;
	}

	/**
	 * Returns the number of tokens that are added per window. The limit also sets the
	 * window if it includes one, and the burst unless the burst is set.
	 * @return the limit, {@code null} if not set
	 */
	default @Nullable Rate limit() {
		return null;
	}

	/**
	 * Returns the time in which the tokens are added, unless the limit includes one.
	 * @return the window, {@code null} if not set
	 */
	@Nullable RateWindow window();

	/**
	 * Returns the time zone whose midnight begins a quota anew.
	 * @return the zone, {@code null} if not set
	 */
	default @Nullable ZoneId zone() {
		return null;
	}

	/**
	 * Returns the number of tokens that the bucket holds.
	 * @return the burst, {@code null} if not set
	 */
	default @Nullable Long burst() {
		return null;
	}

	/**
	 * Returns the number of tokens that a call takes.
	 * @return the cost, {@code null} if not set
	 */
	default @Nullable Long cost() {
		return null;
	}

	/**
	 * Returns the behaviour when Redis does not answer.
	 * @return the behaviour, {@code null} if not set
	 */
	@Nullable OnUnavailable onUnavailable();

	/**
	 * Returns whether denials are only counted and reported.
	 * @return {@code true} to only count and report denials, {@code null} if not set
	 */
	default @Nullable Boolean shadow() {
		return null;
	}

	/**
	 * Returns how long a call may wait for its tokens.
	 * @return the wait time, {@code null} if not set
	 */
	default @Nullable Duration waitTime() {
		return null;
	}

	/**
	 * Returns the number of tokens that are added per window.
	 * @return the number, {@code null} if not set
	 */
	default @Nullable Long tokens() {
		Rate limit = limit();
		return (limit != null) ? limit.limit() : null;
	}

	/**
	 * Returns the window that the limit includes, otherwise the separate window.
	 * @return the window, {@code null} if not set
	 */
	default @Nullable RateWindow effectiveWindow() {
		Rate limit = limit();
		return (limit != null && limit.window() != null) ? limit.window() : window();
	}

	/**
	 * Returns the burst. If the burst is not set, it equals the limit.
	 * @return the burst, {@code null} if not set
	 */
	default @Nullable Long effectiveBurst() {
		Long burst = burst();
		return (burst != null) ? burst : tokens();
	}

}
