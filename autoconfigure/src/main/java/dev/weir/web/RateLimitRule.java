package dev.weir.web;

import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

import dev.weir.core.OnUnavailable;
import dev.weir.policy.Rate;
import dev.weir.policy.RateLimitAttributes;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * A limit for requests by their path, for what no annotation can stand on.
 *
 * @param name Name of the rule, part of the key in Redis and visible to clients in
 * headers.
 * @param path Pattern of the paths that it concerns, as in '@RequestMapping'.
 * @param methods HTTP methods that it concerns; without them all.
 * @param limit How many requests may pass per window, as in 100/1m; without a window per
 * minute.
 * @param burst How many may come at once; without it the limit.
 * @param by What has a bucket of its own.
 * @param header Header whose value has a bucket of its own, for 'by: header'.
 * @param expression SpEL expression whose value has a bucket of its own, for 'by:
 * expression'; sees the request as root object and as #request, and in #user who the
 * UserKeyResolver bean says the user is.
 * @param onUnavailable What happens when Redis does not answer; without it what
 * 'weir.rate-limit.defaults.on-unavailable' says.
 * @param shadow Whether denials are only counted and reported.
 */
public record RateLimitRule(String name, String path, Set<String> methods, Rate limit, @Nullable Long burst, By by,
		@Nullable String header, @Nullable String expression, @Nullable OnUnavailable onUnavailable,
		@Nullable Boolean shadow) implements RateLimitAttributes {

	private static final Duration WINDOW = Duration.ofMinutes(1);

	/**
	 * Creates a rule from properties, in which any of them can be missing.
	 */
	@SuppressWarnings("NullAway")
	public RateLimitRule {
		if (!StringUtils.hasText(path) || !path.startsWith("/")) {
			throw new IllegalArgumentException("a rule needs a 'path' that begins with '/', not " + path);
		}
		if (!StringUtils.hasText(name)) {
			throw new IllegalArgumentException("the rule for '" + path + "' needs a 'name'");
		}
		if (limit == null) {
			throw new IllegalArgumentException("the rule '" + name + "' needs a 'limit' such as 100/1m");
		}
		by = (by != null) ? by : By.ALL;
		methods = (methods != null) ? methods.stream()
			.map((method) -> method.toUpperCase(Locale.ROOT))
			.collect(Collectors.toUnmodifiableSet()) : Set.of();
		if ((by == By.HEADER) != (header != null)) {
			throw new IllegalArgumentException("the rule '" + name + "' needs 'header' together with 'by: header'");
		}
		if ((by == By.EXPRESSION) != (expression != null)) {
			throw new IllegalArgumentException(
					"the rule '" + name + "' needs 'expression' together with 'by: expression'");
		}
		rateLimit(name, limit, burst);
	}

	/**
	 * Returns the window of a limit that includes none.
	 * @return one minute
	 */
	@Override
	public Duration window() {
		return WINDOW;
	}

	/**
	 * Returns the limit with its window and its burst.
	 * @return the limit
	 */
	public RateLimit rateLimit() {
		return rateLimit(this.name, this.limit, this.burst);
	}

	private static RateLimit rateLimit(String name, Rate rate, @Nullable Long burst) {
		try {
			return new RateLimit(rate.limit(), (rate.window() != null) ? rate.window() : WINDOW,
					(burst != null) ? burst : rate.limit());
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("the rule '" + name + "': " + ex.getMessage(), ex);
		}
	}

	/**
	 * What has a bucket of its own.
	 */
	public enum By {

		/** Nothing: all requests share one bucket. */
		ALL,

		/** Each user, as the UserKeyResolver bean says. */
		USER,

		/** Each address of a client. */
		ADDRESS,

		/** Each value of a header; who does not send it has one by address. */
		HEADER,

		/** Each value of an expression. */
		EXPRESSION

	}

}
