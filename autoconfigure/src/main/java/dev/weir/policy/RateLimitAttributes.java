package dev.weir.policy;

import java.time.Duration;

import dev.weir.core.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of a rate limit that properties, annotations, rules and code can set. An
 * attribute that is {@code null} is left to the next lower level of precedence: property,
 * then annotation, rule or code, then default.
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
	 * Returns how many tokens are added per window. Also sets the window if it includes
	 * one, and the burst unless that is set.
	 * @return the limit, {@code null} if not set
	 */
	default @Nullable Rate limit() {
		return null;
	}

	/**
	 * Returns the time in which the tokens are added, unless the limit includes one.
	 * @return the window, {@code null} if not set
	 */
	@Nullable Duration window();

	/**
	 * Returns how many tokens the bucket holds.
	 * @return the burst, {@code null} if not set
	 */
	default @Nullable Long burst() {
		return null;
	}

	/**
	 * Returns how many tokens a call takes.
	 * @return the cost, {@code null} if not set
	 */
	default @Nullable Long cost() {
		return null;
	}

	/**
	 * Returns what happens when Redis does not answer.
	 * @return the choice, {@code null} if not set
	 */
	@Nullable OnUnavailable onUnavailable();

	/**
	 * Returns whether denials are only counted and reported.
	 * @return whether they are, {@code null} if not set
	 */
	default @Nullable Boolean shadow() {
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
	 * Returns the window, also if the limit includes it.
	 * @return the window, {@code null} if not set
	 */
	default @Nullable Duration effectiveWindow() {
		Rate limit = limit();
		return (limit != null && limit.window() != null) ? limit.window() : window();
	}

	/**
	 * Returns the burst: a limit without a burst sets it, too.
	 * @return the burst, {@code null} if not set
	 */
	default @Nullable Long effectiveBurst() {
		Long burst = burst();
		return (burst != null) ? burst : tokens();
	}

}
