package dev.weir.policy;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import dev.weir.policy.expression.Expressions;
import dev.weir.policy.expression.InvalidExpressionException;
import dev.weir.policy.expression.KeyExpression;
import dev.weir.policy.expression.PolicyExpression;
import dev.weir.policy.result.EmptyResult;
import dev.weir.policy.result.ResultKind;
import org.jspecify.annotations.Nullable;

import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.util.StringUtils;

/**
 * Reads the attributes of one annotation and collects the mistakes in them.
 */
final class AttributeReader {

	/**
	 * Text without control characters, blanks and unpaired surrogates. Braces are allowed
	 * only as one complete, non-empty hash tag.
	 */
	private static final Pattern KEY_TEXT = Pattern
		.compile("[^\\s\\p{Cc}\\p{Cs}{}]*(\\{[^\\s\\p{Cc}\\p{Cs}{}]+}[^\\s\\p{Cc}\\p{Cs}{}]*)?");

	private final Method method;

	private final MergedAnnotation<?> annotation;

	private final String location;

	private final Function<String, @Nullable String> placeholders;

	private final Expressions expressions;

	private final List<PolicyMistake> mistakes = new ArrayList<>();

	AttributeReader(Method method, MergedAnnotation<?> annotation, Function<String, @Nullable String> placeholders,
			Expressions expressions) {
		this.method = method;
		this.annotation = annotation;
		this.location = GuardedMethods.location(method);
		this.placeholders = placeholders;
		this.expressions = expressions;
	}

	/**
	 * Returns whether a text can begin a key in Redis.
	 * @param text the text
	 * @return whether the text can begin a key
	 */
	static boolean isKeyText(String text) {
		return KEY_TEXT.matcher(text).matches();
	}

	String location() {
		return this.location;
	}

	/**
	 * Reads an attribute. Collects a mistake instead of throwing it, so that the other
	 * mistakes are found, too.
	 * @param <T> the type of the value
	 * @param attribute the supplier of the value
	 * @return the value, {@code null} if the attribute is not set or has a mistake
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

	/**
	 * Throws the collected mistakes, if there are any.
	 * @throws InvalidPolicyException if there is at least one mistake
	 */
	void throwMistakes() {
		if (!this.mistakes.isEmpty()) {
			throw new InvalidPolicyException(this.mistakes);
		}
	}

	/**
	 * Reads the name of the policy.
	 * @return the name, empty if the name is not set or has a mistake
	 */
	String name() {
		String name = read(() -> {
			String text = text("name");
			if (text.contains("#{")) {
				throw mistake("name", text, "a name is a literal text, the same for all calls",
						"Put the expression into the attribute 'key', without #{ and }");
			}
			return text;
		});
		return (name != null) ? name : "";
	}

	/**
	 * Returns whether an expression is set, with or without a mistake. A placeholder that
	 * resolves to an empty text sets none.
	 * @param attribute the attribute
	 * @return whether the expression is set
	 */
	boolean isSet(String attribute) {
		try {
			return !resolved(attribute, this.annotation.getValue(attribute, String.class).orElse("")).isEmpty();
		}
		catch (InvalidPolicyException ex) {
			return true;
		}
	}

	String text(String attribute) {
		return resolved(attribute, this.annotation.getString(attribute));
	}

	/**
	 * Reads several texts, without placeholders.
	 * @param attribute the attribute
	 * @return the texts, none if the annotation has no such attribute
	 */
	List<String> texts(String attribute) {
		return this.annotation.getValue(attribute, String[].class).map(List::of).orElse(List.of());
	}

	/**
	 * Reads a number.
	 * @param attribute the attribute
	 * @return the number, 0 if the annotation has no such attribute
	 */
	long number(String attribute) {
		return this.annotation.getValue(attribute, Number.class).map(Number::longValue).orElse(0L);
	}

	/**
	 * Reads a flag.
	 * @param attribute the attribute
	 * @return the flag, {@code false} if the annotation has no such attribute
	 */
	boolean flag(String attribute) {
		return this.annotation.getValue(attribute, Boolean.class).orElse(false);
	}

	private String resolved(String attribute, String raw) {
		if (raw.isBlank()) {
			return "";
		}
		try {
			String text = this.placeholders.apply(raw);
			return (text != null) ? text.trim() : "";
		}
		catch (IllegalArgumentException ex) {
			throw mistake(attribute, raw, ex.getMessage(),
					"Define the property, or give the placeholder a default: ${name:default}");
		}
	}

	String keyBase(String keyPrefix, String name) {
		String base = keyPrefix + name;
		if (!isKeyText(base)) {
			throw mistake("name", name, "'" + base + "' cannot begin a key in Redis",
					"Use no blanks, and braces only as one complete hash tag such as {eu}");
		}
		return base;
	}

	@Nullable KeyExpression key(String attribute) {
		PolicyExpression expression = expression(attribute);
		return (expression != null) ? new KeyExpression(expression, false) : null;
	}

	/**
	 * Reads an expression.
	 * @param attribute the attribute
	 * @return the expression, {@code null} if the attribute is not set or the annotation
	 * has no such attribute
	 */
	@Nullable PolicyExpression expression(String attribute) {
		return expressionOf(attribute, this.annotation.getValue(attribute, String.class).orElse(""));
	}

	@Nullable PolicyExpression expressionOf(String attribute, String raw) {
		String text = resolved(attribute, raw);
		if (text.isEmpty()) {
			return null;
		}
		try {
			return this.expressions.parse(this.method, this.location, attribute, text);
		}
		catch (InvalidExpressionException ex) {
			throw mistake(attribute, text, ex.getProblem(), ex.getCure());
		}
	}

	/**
	 * Reads an expression that can use the result of the call, as {@code #result}.
	 * @param attribute the attribute
	 * @return the expression, {@code null} if the attribute is not set
	 */
	@Nullable PolicyExpression resultExpression(String attribute) {
		String text = text(attribute);
		if (text.isEmpty()) {
			return null;
		}
		Class<?> owner = this.method.getDeclaringClass();
		ResolvableType type = ResultKind.declaredType(this.method, owner);
		ResultKind kind = ResultKind.of(this.method, owner);
		if (kind == ResultKind.UNKNOWN) {
			throw mistake(attribute, text, "the method returns " + type
					+ ", and Weir cannot detect when the work behind " + "this result ends",
					"Return a plain value, a CompletionStage or a reactive type");
		}
		boolean later = kind == ResultKind.STAGE || kind == ResultKind.REACTIVE;
		try {
			return this.expressions.parse(this.method, this.location, attribute, text,
					later ? type.getGeneric(0) : type);
		}
		catch (InvalidExpressionException ex) {
			throw mistake(attribute, text, ex.getProblem(), ex.getCure());
		}
	}

	/**
	 * Reads a duration.
	 * @param attribute the attribute
	 * @return the duration, {@code null} if the attribute is not set or the annotation
	 * has no such attribute
	 */
	@Nullable Duration duration(String attribute) {
		String text = resolved(attribute, this.annotation.getValue(attribute, String.class).orElse(""));
		if (text.isEmpty()) {
			return null;
		}
		try {
			return DurationFormatterUtils.detectAndParse(text);
		}
		catch (IllegalArgumentException | ArithmeticException ex) {
			throw mistake(attribute, "'" + text + "' is not a duration",
					"Use a number with a unit, such as \"500ms\", \"60s\", \"5m\" or \"PT1M\"");
		}
	}

	@Nullable FallbackMethods fallback(String attribute, Class<? extends RuntimeException> failure) {
		String name = text(attribute);
		return name.isEmpty() ? null : FallbackMethods.find(this.method, name, this.location, failure);
	}

	/**
	 * Reads an attribute that has at most one value. The attribute is an array only so
	 * that an annotation can omit the value.
	 * @param <E> the type of the value
	 * @param attribute the attribute
	 * @param type the type of the value
	 * @return the value, {@code null} if the attribute is not set
	 */
	<E extends Enum<E>> @Nullable E single(String attribute, Class<E> type) {
		E[] values = this.annotation.getEnumArray(attribute, type);
		if (values.length > 1) {
			throw mistake(attribute, List.of(values).toString(), "only one value is allowed", "Remove the others");
		}
		return (values.length > 0) ? values[0] : null;
	}

	/**
	 * Requires that a call of the method can return nothing.
	 * @param attribute the attribute that requires it
	 * @param cure the cure
	 * @return nothing
	 * @throws InvalidPolicyException if the method returns a primitive type
	 */
	Void requireEmptyResult(String attribute, String cure) {
		Class<?> result = this.method.getReturnType();
		if (!EmptyResult.exists(result)) {
			throw missing(attribute, "a call that is skipped returns nothing, and the method returns " + result, cure);
		}
		return null;
	}

	InvalidPolicyException missing(String attribute, String problem, String cure) {
		return new InvalidPolicyException(new PolicyMistake(this.location, attribute, problem, cure));
	}

	InvalidPolicyException mistake(String attribute, @Nullable String problem, String cure) {
		return mistake(attribute, String.valueOf(this.annotation.getValue(attribute).orElse("")), problem, cure);
	}

	InvalidPolicyException mistake(String attribute, String value, @Nullable String problem, String cure) {
		return new InvalidPolicyException(new PolicyMistake(this.location, attribute + " = \"" + value + "\"",
				StringUtils.hasText(problem) ? problem : "the value cannot be read", cure));
	}

	/**
	 * Finds an annotation on a method, on the methods that it overrides, or on other
	 * annotations. Spring finds its own annotations in the same way.
	 * @param <A> the type of the annotation
	 * @param method the method
	 * @param type the type of the annotation
	 * @return the annotation
	 * @throws IllegalArgumentException if the method has no such annotation
	 */
	static <A extends Annotation> MergedAnnotation<A> find(Method method, Class<A> type) {
		A found = AnnotatedElementUtils.findMergedAnnotation(method, type);
		if (found == null) {
			throw new IllegalArgumentException(method + " has no @" + type.getSimpleName());
		}
		return MergedAnnotation.from(found);
	}

}
