package dev.weir.policy;

import java.time.Duration;

import dev.weir.ratelimit.FailMode;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * What properties say about one rate limit policy. What is not set is left to the
 * annotation, and then to the {@link RateLimitDefaults}.
 *
 * @param enabled Whether the limit is charged at all.
 * @param limit How many tokens are added per window; may say the window as well, as in
 * 60/1m. Also sets the burst, unless that is set.
 * @param window Time in which they are added.
 * @param burst How many tokens the bucket holds.
 * @param cost How many tokens a call takes, unless an expression says.
 * @param onUnavailable What happens when Redis does not answer.
 * @param shadow Whether denials are only counted and reported.
 */
public record RateLimitSettings(@Nullable Boolean enabled, @Nullable Rate limit, @Nullable Duration window,
		@Nullable Long burst, @Nullable Long cost, @Nullable FailMode onUnavailable, @Nullable Boolean shadow) {

	/** Properties say nothing. */
	static final RateLimitSettings NONE = new RateLimitSettings(null, null, null, null, null, null, null);

	public RateLimitSettings {
		if (limit != null && limit.limit() < 1) {
			throw new IllegalArgumentException("'limit' must be at least 1, not " + limit.limit());
		}
		if (limit != null && limit.window() != null && window != null) {
			throw new IllegalArgumentException("'limit' says the window already: remove 'window', or '/…' of 'limit'");
		}
		if (burst != null && burst < 1) {
			throw new IllegalArgumentException("'burst' must be at least 1, not " + burst);
		}
		if (cost != null && cost < 1) {
			throw new IllegalArgumentException("'cost' must be at least 1, not " + cost);
		}
		Duration effective = window(limit, window);
		if (effective != null) {
			// Says whether it is a window at all, and one for this limit.
			RateLimit.of((limit != null) ? limit.limit() : 1, effective);
		}
	}

	/**
	 * Lays these settings over others, attribute by attribute. A limit that says its
	 * window takes the place of the window of the others, too.
	 * @param below the others
	 * @return what these say, and what only the others say
	 */
	public RateLimitSettings over(RateLimitSettings below) {
		boolean saysWindow = this.limit != null && this.limit.window() != null;
		Rate rate = Precedence.first(this.limit, below.limit);
		if (rate != null && this.limit == null && this.window != null) {
			rate = new Rate(rate.limit(), null);
		}
		Duration effective = (this.limit != null) ? Precedence.first(this.window, below.effectiveWindow())
				: Precedence.first(this.window, below.window);
		return new RateLimitSettings(Precedence.first(this.enabled, below.enabled), rate, saysWindow ? null : effective,
				Precedence.first(this.burst, below.burst), Precedence.first(this.cost, below.cost),
				Precedence.first(this.onUnavailable, below.onUnavailable), Precedence.first(this.shadow, below.shadow));
	}

	@Nullable Duration effectiveWindow() {
		return window(this.limit, this.window);
	}

	private static @Nullable Duration window(@Nullable Rate limit, @Nullable Duration window) {
		return (limit != null && limit.window() != null) ? limit.window() : window;
	}

	/**
	 * Lays these settings over a limit.
	 * @param said what an annotation, code or a rule says
	 * @return what holds
	 */
	RateLimit over(RateLimit said) {
		if (this.limit == null && this.window == null && this.burst == null) {
			return said;
		}
		Duration effective = effectiveWindow();
		long tokens = (this.limit != null) ? this.limit.limit() : said.limit();
		long capacity = (this.limit != null) ? tokens : said.burst();
		return new RateLimit(tokens, (effective != null) ? effective : said.window(),
				(this.burst != null) ? this.burst : capacity);
	}

}
