package dev.weir.web;

import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

import dev.weir.core.OnUnavailable;
import dev.weir.policy.Rate;
import dev.weir.policy.RateLimitAttributes;
import dev.weir.policy.RateWindow;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * A rate limit for requests by their path, for handlers that cannot have an annotation.
 *
 * @param name Name of the rule. The name is part of the key in Redis, and clients see it
 * in headers.
 * @param path Pattern of the paths to which the rule applies, as in '@RequestMapping'.
 * @param methods HTTP methods to which the rule applies. By default, the rule applies to
 * all methods.
 * @param limit Number of requests that may pass per window, such as 100/1m or 5000/day.
 * The default window is one minute.
 * @param burst Number of requests that may arrive at once. By default, this is the limit.
 * @param by Value that selects the bucket of a request.
 * @param header Header whose value selects the bucket, for 'by: header'.
 * @param expression SpEL expression whose value selects the bucket, for 'by: expression'.
 * The request is the root object and the variable '#request'. The variable '#user' is the
 * user that the UserKeyResolver bean returns.
 * @param onUnavailable Action when Redis does not answer. By default, this is the value
 * of 'weir.rate-limit.defaults.on-unavailable'.
 * @param shadow Whether denials are only counted and reported.
 */
public record RateLimitRule(String name, String path, Set<String> methods, Rate limit, @Nullable Long burst, By by,
		@Nullable String header, @Nullable String expression, @Nullable OnUnavailable onUnavailable,
		@Nullable Boolean shadow) implements RateLimitAttributes {

	private static final RateWindow WINDOW = RateWindow.of(Duration.ofMinutes(1));

	/**
	 * Creates a rule from properties, any of which may be missing.
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
		shadow = Boolean.TRUE.equals(shadow) ? Boolean.TRUE : null;
		methods = (methods != null) ? methods.stream()
			.map((method) -> method.toUpperCase(Locale.ROOT))
			.collect(Collectors.toUnmodifiableSet()) : Set.of();
		if ((by == By.HEADER) != (header != null)) {
			throw new IllegalArgumentException(
					"the rule '" + name + "' must set both 'header' and 'by: header', or neither of them");
		}
		if ((by == By.EXPRESSION) != (expression != null)) {
			throw new IllegalArgumentException(
					"the rule '" + name + "' must set both 'expression' and 'by: expression', or neither of them");
		}
		check(name, limit, burst);
	}

	/**
	 * Returns the window of a limit that does not include a window.
	 * @return one minute
	 */
	@Override
	public RateWindow window() {
		return WINDOW;
	}

	private static void check(String name, Rate rate, @Nullable Long burst) {
		try {
			((rate.window() != null) ? rate.window() : WINDOW).limit(rate.limit(), burst, ZoneOffset.UTC);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("the rule '" + name + "': " + ex.getMessage(), ex);
		}
	}

	/**
	 * The value that selects the bucket of a request.
	 */
	public enum By {

		/** No value: all requests share one bucket. */
		ALL,

		/** The user that the UserKeyResolver bean returns. */
		USER,

		/** The address of the client. */
		ADDRESS,

		/**
		 * The value of a header, or the address of the client if the header is missing.
		 */
		HEADER,

		/**
		 * The value of an expression, or the address of the client if the expression has
		 * no value.
		 */
		EXPRESSION;

		/**
		 * Returns whether the value may depend on the user, whom Spring Security
		 * determines.
		 * @return {@code false} if the rule can be charged before Spring Security
		 */
		public boolean isAfterSecurity() {
			return this == USER || this == EXPRESSION;
		}

	}

}
