package dev.weir.policy;

import java.lang.reflect.Method;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

import dev.weir.annotation.RateLimited;
import dev.weir.core.OnUnavailable;
import dev.weir.policy.expression.KeyExpression;
import dev.weir.policy.expression.PolicyExpression;
import dev.weir.ratelimit.RateLimitException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.AnnotatedElementUtils;

/**
 * The parsed values of one {@link RateLimited}. A value that is not set, or that has a
 * mistake, is {@code null} or empty.
 *
 * @param name the name of the policy, empty if not set
 * @param perUser whether each user has a separate bucket
 * @param key the expression that adds to the key
 * @param limit the number of tokens that are added per window
 * @param limitExpression the expression that returns the limit of each call
 * @param window the time in which the tokens are added
 * @param zone the time zone whose midnight begins a quota anew
 * @param burst the number of tokens that the bucket holds
 * @param cost the number of tokens that a call takes
 * @param costExpression the expression that returns the cost of each call
 * @param condition the expression that decides for each call whether it is charged
 * @param onUnavailable the behaviour when Redis does not answer
 * @param fallback the fallback methods
 * @param shadow whether denials are only counted and reported
 * @param settle the expression that returns how many tokens a call has used
 * @param settleOnError whether the estimate of a failed call stays
 * @param waitTime how long a call may wait for its tokens
 */
public record RateLimitDeclaration(String name, boolean perUser, @Nullable KeyExpression key, @Nullable Rate limit,
		@Nullable PolicyExpression limitExpression, @Nullable RateWindow window, @Nullable ZoneId zone,
		@Nullable Long burst, @Nullable Long cost, @Nullable PolicyExpression costExpression,
		@Nullable PolicyExpression condition, @Nullable OnUnavailable onUnavailable, @Nullable FallbackMethods fallback,
		@Nullable Boolean shadow, @Nullable PolicyExpression settle, boolean settleOnError,
		@Nullable Duration waitTime) implements RateLimitAttributes {

	/**
	 * Finds the annotations that limit a method: the annotations on the method, otherwise
	 * the annotations on the class that declares the method. A proxy does not find the
	 * annotations on the superclasses of that class.
	 * @param method the method
	 * @return the annotations, none if the method is not limited
	 */
	static List<RateLimited> annotations(Method method) {
		Set<RateLimited> onMethod = onMethod(method);
		return List.copyOf(!onMethod.isEmpty() ? onMethod
				: AnnotatedElementUtils.getMergedRepeatableAnnotations(method.getDeclaringClass(), RateLimited.class));
	}

	static boolean isOnMethod(Method method) {
		return !onMethod(method).isEmpty();
	}

	private static Set<RateLimited> onMethod(Method method) {
		return AnnotatedElementUtils.findMergedRepeatableAnnotations(method, RateLimited.class);
	}

	/**
	 * Reads an annotation. The reader collects the mistakes.
	 * @param reader the reader of the attributes
	 * @return the values
	 */
	static RateLimitDeclaration read(AttributeReader reader) {
		KeyExpression key = reader.read(() -> reader.key("key"));
		PolicyExpression condition = reader.read(() -> reader.expression("condition"));
		PolicyExpression limitExpression = reader.read(() -> limitExpression(reader));
		PolicyExpression costExpression = reader.read(() -> costExpression(reader));
		return new RateLimitDeclaration(reader.name(), reader.flag("perUser"), key, reader.read(() -> limit(reader)),
				limitExpression, reader.read(() -> window(reader)), reader.read(() -> zone(reader)),
				reader.read(() -> burst(reader)), (reader.number("cost") != 1) ? reader.number("cost") : null,
				costExpression, condition, reader.read(() -> reader.single("onUnavailable", OnUnavailable.class)),
				reader.read(() -> reader.fallback("fallback", RateLimitException.class)),
				reader.flag("shadow") ? Boolean.TRUE : null, reader.read(() -> reader.resultExpression("settle")),
				Boolean.TRUE.equals(reader.read(() -> settleOnError(reader))), reader.read(() -> waitTime(reader)));
	}

	private static @Nullable Duration waitTime(AttributeReader reader) {
		Duration waitTime = reader.duration("waitTime");
		if (waitTime != null && (waitTime.isNegative() || waitTime.compareTo(RateLimitSettings.LONGEST_WAIT) > 0)) {
			throw reader.mistake("waitTime",
					"a call can wait from 0 to " + RateLimitSettings.LONGEST_WAIT.toDays() + " days",
					"Use a duration such as 10s");
		}
		if (waitTime != null && reader.flag("shadow")) {
			throw reader.mistake("waitTime", "a limit in shadow mode lets no call wait", "Remove waitTime or shadow");
		}
		return waitTime;
	}

	private static Boolean settleOnError(AttributeReader reader) {
		boolean stays = reader.flag("settleOnError");
		if (stays && !reader.isSet("settle")) {
			throw reader.mistake("settleOnError", "no call is settled", "Set settle, or remove settleOnError");
		}
		return stays;
	}

	private static @Nullable PolicyExpression limitExpression(AttributeReader reader) {
		PolicyExpression expression = reader.expression("limitExpression");
		if (expression != null && reader.number("limit") != 0) {
			throw reader.mistake("limitExpression", "there is a limit of " + reader.number("limit") + " as well",
					"Remove one of the two");
		}
		return expression;
	}

	private static @Nullable PolicyExpression costExpression(AttributeReader reader) {
		PolicyExpression expression = reader.expression("costExpression");
		if (expression != null && reader.number("cost") != 1) {
			throw reader.mistake("costExpression", "there is a cost of " + reader.number("cost") + " as well",
					"Remove one of the two");
		}
		return expression;
	}

	private static @Nullable RateWindow window(AttributeReader reader) {
		String text = reader.text("window");
		try {
			return text.isEmpty() ? null : RateWindow.valueOf(text);
		}
		catch (IllegalArgumentException ex) {
			throw reader.mistake("window", text, ex.getMessage(), "Use a number with a unit, or the name of a period");
		}
	}

	private static @Nullable ZoneId zone(AttributeReader reader) {
		String text = reader.text("zone");
		try {
			return text.isEmpty() ? null : ZoneId.of(text);
		}
		catch (DateTimeException ex) {
			throw reader.mistake("zone", text, "this is not a time zone", "Use an id such as Europe/Berlin or UTC");
		}
	}

	private static @Nullable Rate limit(AttributeReader reader) {
		long limit = reader.number("limit");
		if (limit < 0 && !reader.isSet("limitExpression")) {
			throw reader.mistake("limit", "a rate limit must be at least 1", RateLimitPolicies.SET_LIMIT);
		}
		return (limit > 0) ? new Rate(limit, null) : null;
	}

	private static @Nullable Long burst(AttributeReader reader) {
		long burst = reader.number("burst");
		if (burst < 0) {
			throw reader.mistake("burst", "the burst is negative",
					"Remove it, or set it to the number of tokens that the bucket holds");
		}
		return (burst > 0) ? burst : null;
	}

	/**
	 * Returns whether the limit can be charged only when the method is called, and not
	 * earlier, because the limit or its fallback needs the arguments, or because the call
	 * waits for it or settles it.
	 * @return whether the arguments are needed
	 */
	boolean needsArguments() {
		return this.fallback != null || this.settle != null || this.waitTime != null
				|| Stream
					.of((this.key != null) ? this.key.expression() : null, this.condition, this.limitExpression,
							this.costExpression)
					.filter(Objects::nonNull)
					.anyMatch(PolicyExpression::needsArguments);
	}

	/**
	 * Returns whether the cost is an estimate, which the call can settle.
	 * @return whether an expression returns the cost before the call or after it
	 */
	boolean isEstimate() {
		return this.settle != null || this.costExpression != null;
	}

}
