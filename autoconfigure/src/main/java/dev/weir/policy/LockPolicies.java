package dev.weir.policy;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import dev.weir.annotation.DistributedLock;
import dev.weir.lease.OnLost;
import dev.weir.lease.OnUnavailable;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Makes lock policies from annotations and properties, once for each method. Thread-safe.
 * <p>
 * Precedence: properties of the policy, then the annotation, then the defaults.
 */
public final class LockPolicies {

	/**
	 * No control characters or blanks; braces only as one complete, non-empty hash tag.
	 */
	private static final Pattern KEY_TEXT = Pattern
		.compile("[^\\s\\p{Cntrl}{}]*(\\{[^\\s\\p{Cntrl}{}]+}[^\\s\\p{Cntrl}{}]*)?");

	private final String keyPrefix;

	private final LockDefaults defaults;

	private final Map<String, LockSettings> overrides;

	private final Function<String, @Nullable String> placeholders;

	private final Expressions expressions;

	private final ConcurrentMap<Method, LockPolicy> policies = new ConcurrentHashMap<>();

	/**
	 * Creates the policies.
	 * @param keyPrefix stands in front of every key
	 * @param defaults what holds for all policies that say nothing else
	 * @param overrides what properties say about single policies, by name
	 * @param placeholders resolves <code>${…}</code> in attributes
	 * @param beanFactory where expressions find beans, {@code null} for none
	 */
	public LockPolicies(String keyPrefix, LockDefaults defaults, Map<String, LockSettings> overrides,
			Function<String, @Nullable String> placeholders, @Nullable BeanFactory beanFactory) {
		this.keyPrefix = keyPrefix;
		this.defaults = defaults;
		this.overrides = Map.copyOf(overrides);
		this.placeholders = placeholders;
		this.expressions = new Expressions(beanFactory);
	}

	/**
	 * Returns the policy of a method.
	 * @param method the method of the target's class, not of an interface
	 * @return the policy
	 * @throws InvalidPolicyException if there is a mistake in it
	 */
	public LockPolicy of(Method method) {
		LockPolicy known = this.policies.get(method);
		return (known != null) ? known : this.policies.computeIfAbsent(method, this::parse);
	}

	/**
	 * Returns the names that properties mention, whether or not a policy has them.
	 * @return the names
	 */
	public Set<String> overriddenNames() {
		return this.overrides.keySet();
	}

	/**
	 * Names a method in messages.
	 * @param method the method
	 * @return the class and the method
	 */
	public static String place(Method method) {
		return ClassUtils.getQualifiedMethodName(method, ClassUtils.getUserClass(method.getDeclaringClass()));
	}

	private LockPolicy parse(Method method) {
		DistributedLock annotation = AnnotatedElementUtils.findMergedAnnotation(method, DistributedLock.class);
		if (annotation == null) {
			throw new IllegalArgumentException(method + " has no @DistributedLock");
		}
		Attributes attributes = new Attributes(place(method), method);
		String name = orElse(attributes.read(() -> attributes.text("name", annotation.name())), "");
		String policyName = name.isEmpty() ? attributes.place : name;
		String keyBase = attributes.read(() -> attributes.keyBase(policyName));
		KeyExpression key = attributes.read(() -> attributes.key(annotation.key()));
		ConditionExpression condition = attributes.read(() -> attributes.condition(annotation.condition()));
		LockSettings override = this.overrides.getOrDefault(policyName, new LockSettings(null, null, null, null, null));
		Duration timeout = first(override.timeout(), attributes.read(() -> attributes.timeout(annotation.timeout())),
				this.defaults.timeout());
		Duration waitTime = first(override.waitTime(),
				attributes.read(() -> attributes.waitTime(annotation.waitTime())), timeout);
		OnUnavailable onUnavailable = first(override.onUnavailable(),
				attributes.read(() -> attributes.single("onUnavailable", annotation.onUnavailable())));
		OnLost onLost = first(override.onLost(),
				attributes.read(() -> attributes.single("onLost", annotation.onLost())));
		if (!attributes.mistakes.isEmpty()) {
			throw new InvalidPolicyException(attributes.mistakes);
		}
		return new LockPolicy(policyName, orElse(override.enabled(), this.defaults.enabled()), orElse(keyBase, ""), key,
				timeout, orElse(waitTime, this.defaults.waitTime()), condition, annotation.fenced(),
				orElse(onUnavailable, this.defaults.onUnavailable()), orElse(onLost, this.defaults.onLost()),
				purpose(method));
	}

	private static String purpose(Method method) {
		return ClassUtils.getUserClass(method.getDeclaringClass()).getSimpleName() + "." + method.getName();
	}

	@SafeVarargs
	private static <T> @Nullable T first(@Nullable T... values) {
		return Arrays.stream(values).filter((value) -> value != null).findFirst().orElse(null);
	}

	private static <T> T orElse(@Nullable T value, T fallback) {
		return (value != null) ? value : fallback;
	}

	/**
	 * Reads the attributes of one annotation and collects the mistakes in them.
	 */
	private final class Attributes {

		private final String place;

		private final Method method;

		private final List<PolicyMistake> mistakes = new ArrayList<>();

		private Attributes(String place, Method method) {
			this.place = place;
			this.method = method;
		}

		private <T> @Nullable T read(Supplier<@Nullable T> attribute) {
			try {
				return attribute.get();
			}
			catch (InvalidPolicyException ex) {
				this.mistakes.addAll(ex.getMistakes());
				return null;
			}
		}

		private String text(String attribute, String raw) {
			try {
				String text = LockPolicies.this.placeholders.apply(raw);
				return (text != null) ? text.trim() : "";
			}
			catch (IllegalArgumentException ex) {
				throw mistake(attribute, raw, ex.getMessage(),
						"Define the property, or give the placeholder a default: ${name:default}");
			}
		}

		private String keyBase(String name) {
			String base = LockPolicies.this.keyPrefix + name;
			if (!KEY_TEXT.matcher(base).matches()) {
				throw mistake("name", name, "'" + base + "' cannot begin a key in Redis",
						"Use no blanks, and braces only as one complete hash tag such as {eu}");
			}
			return base;
		}

		private @Nullable KeyExpression key(String raw) {
			String text = text("key", raw);
			return text.isEmpty() ? null
					: new KeyExpression(LockPolicies.this.expressions.parse(this.method, this.place, "key", text),
							LockPolicies.this.expressions, this.place);
		}

		private @Nullable ConditionExpression condition(String raw) {
			String text = text("condition", raw);
			return text.isEmpty() ? null
					: new ConditionExpression(
							LockPolicies.this.expressions.parse(this.method, this.place, "condition", text),
							LockPolicies.this.expressions, this.place);
		}

		private @Nullable Duration timeout(String raw) {
			Duration timeout = duration("timeout", raw);
			if (timeout != null && timeout.toMillis() < 1) {
				throw mistake("timeout", raw, "a lock must be held for at least 1ms",
						"Use a positive duration such as \"60s\", or leave it empty to hold the lock as long as the "
								+ "method runs");
			}
			return timeout;
		}

		private @Nullable Duration waitTime(String raw) {
			Duration waitTime = duration("waitTime", raw);
			if (waitTime != null && waitTime.isNegative()) {
				throw mistake("waitTime", raw, "the wait time is negative", "Use \"0\" to not wait");
			}
			return waitTime;
		}

		private @Nullable Duration duration(String attribute, String raw) {
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

		private <E> @Nullable E single(String attribute, E[] values) {
			if (values.length > 1) {
				throw mistake(attribute, Arrays.toString(values), "only one value is allowed", "Remove the others");
			}
			return (values.length != 0) ? values[0] : null;
		}

		private InvalidPolicyException mistake(String attribute, String value, @Nullable String problem, String cure) {
			return new InvalidPolicyException(new PolicyMistake(this.place, attribute + " = \"" + value + "\"",
					StringUtils.hasText(problem) ? problem : "it cannot be read", cure));
		}

	}

}
