package dev.weir.policy;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.util.StringUtils;

/**
 * Reads the attributes of one annotation and collects the mistakes in them.
 */
final class Attributes {

	/**
	 * No control characters or blanks; braces only as one complete, non-empty hash tag.
	 */
	private static final Pattern KEY_TEXT = Pattern
		.compile("[^\\s\\p{Cntrl}{}]*(\\{[^\\s\\p{Cntrl}{}]+}[^\\s\\p{Cntrl}{}]*)?");

	private final Method method;

	private final String place;

	private final String keyPrefix;

	private final Function<String, @Nullable String> placeholders;

	private final Expressions expressions;

	private final List<PolicyMistake> mistakes = new ArrayList<>();

	Attributes(Method method, String keyPrefix, Function<String, @Nullable String> placeholders,
			Expressions expressions) {
		this.method = method;
		this.place = LeasePolicies.place(method);
		this.keyPrefix = keyPrefix;
		this.placeholders = placeholders;
		this.expressions = expressions;
	}

	/**
	 * Whether a text can begin a key in Redis.
	 * @param text the text
	 * @return whether it can
	 */
	static boolean isKeyText(String text) {
		return KEY_TEXT.matcher(text).matches();
	}

	String place() {
		return this.place;
	}

	/**
	 * Reads an attribute. A mistake in it is remembered, so that others are found, too.
	 * @param <T> the type of its value
	 * @param attribute reads it
	 * @return its value, {@code null} if it has none or there is a mistake in it
	 */
	<T> @Nullable T read(Supplier<@Nullable T> attribute) {
		try {
			return attribute.get();
		}
		catch (InvalidPolicyException ex) {
			this.mistakes.addAll(ex.getMistakes());
			return null;
		}
	}

	void throwMistakes() {
		if (!this.mistakes.isEmpty()) {
			throw new InvalidPolicyException(this.mistakes);
		}
	}

	String text(String attribute, String raw) {
		try {
			String text = this.placeholders.apply(raw);
			return (text != null) ? text.trim() : "";
		}
		catch (IllegalArgumentException ex) {
			throw mistake(attribute, raw, ex.getMessage(),
					"Define the property, or give the placeholder a default: ${name:default}");
		}
	}

	String keyBase(String name) {
		String base = this.keyPrefix + name;
		if (!isKeyText(base)) {
			throw mistake("name", name, "'" + base + "' cannot begin a key in Redis",
					"Use no blanks, and braces only as one complete hash tag such as {eu}");
		}
		return base;
	}

	@Nullable KeyExpression key(String attribute, String raw, boolean plural) {
		PolicyExpression expression = expression(attribute, raw);
		return (expression != null) ? new KeyExpression(expression, plural) : null;
	}

	@Nullable ConditionExpression condition(String raw) {
		PolicyExpression expression = expression("condition", raw);
		return (expression != null) ? new ConditionExpression(expression) : null;
	}

	@Nullable PolicyExpression expression(String attribute, String raw) {
		String text = text(attribute, raw);
		return text.isEmpty() ? null : new PolicyExpression(attribute, this.place,
				this.expressions.parse(this.method, this.place, attribute, text), this.expressions);
	}

	@Nullable Duration duration(String attribute, String raw) {
		String text = text(attribute, raw);
		if (text.isEmpty()) {
			return null;
		}
		try {
			return DurationFormatterUtils.detectAndParse(text);
		}
		catch (IllegalArgumentException | ArithmeticException ex) {
			throw mistake(attribute, raw, "'" + text + "' is no duration",
					"Use a number with a unit, such as \"500ms\", \"60s\", \"5m\" or \"PT1M\"");
		}
	}

	@Nullable FallbackMethods fallback(String raw, Class<? extends RuntimeException> failure) {
		String name = text("fallback", raw);
		return name.isEmpty() ? null : FallbackMethods.find(this.method, name, this.place, failure);
	}

	<E> @Nullable E single(String attribute, Collection<E> values) {
		if (values.size() > 1) {
			throw mistake(attribute, values.toString(), "only one value is allowed", "Remove the others");
		}
		return values.isEmpty() ? null : values.iterator().next();
	}

	InvalidPolicyException missing(String attribute, String problem, String cure) {
		return new InvalidPolicyException(new PolicyMistake(this.place, attribute, problem, cure));
	}

	InvalidPolicyException mistake(String attribute, String value, @Nullable String problem, String cure) {
		return new InvalidPolicyException(new PolicyMistake(this.place, attribute + " = \"" + value + "\"",
				StringUtils.hasText(problem) ? problem : "it cannot be read", cure));
	}

}
