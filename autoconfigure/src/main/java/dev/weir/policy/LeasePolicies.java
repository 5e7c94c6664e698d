package dev.weir.policy;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

import dev.weir.lease.Guard;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LockSpec;
import dev.weir.lease.OnLost;
import dev.weir.lease.OnUnavailable;
import dev.weir.lease.SemaphoreSpec;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.util.ClassUtils;

/**
 * Makes the policies of one kind, from annotations, from what code asks for, and from
 * properties. Thread-safe.
 * <p>
 * Precedence: properties of the policy, then the annotation or the code, then the
 * defaults.
 */
public final class LeasePolicies {

	private static final String SET_LIMIT = "Set limit to at least 1, or limitExpression, or the property "
			+ "'weir.semaphore.policies.<name>.limit'";

	private final LeaseKind kind;

	private final String keyPrefix;

	private final LeaseDefaults defaults;

	private final Function<String, @Nullable String> placeholders;

	private final Expressions expressions;

	/** Replaced as a whole, together with what was made from it. */
	private final UsedNames usedNames = new UsedNames();

	private volatile State state;

	/**
	 * Creates the policies of one kind.
	 * @param kind the kind
	 * @param keyPrefix stands in front of every key
	 * @param defaults what holds for all policies that say nothing else
	 * @param overrides what properties say about single policies, by name
	 * @param placeholders resolves <code>${…}</code> in attributes
	 * @param beanFactory where expressions find beans, {@code null} for none
	 */
	public LeasePolicies(LeaseKind kind, String keyPrefix, LeaseDefaults defaults,
			Map<String, PolicyOverride> overrides, Function<String, @Nullable String> placeholders,
			@Nullable BeanFactory beanFactory) {
		this.kind = kind;
		this.keyPrefix = keyPrefix;
		this.defaults = defaults;
		this.placeholders = placeholders;
		this.expressions = new Expressions(beanFactory);
		this.state = new State(overrides);
	}

	public LeaseKind kind() {
		return this.kind;
	}

	/**
	 * Returns the annotation that these policies are made from.
	 * @return its type
	 */
	public Class<? extends Annotation> annotationType() {
		return LeaseAnnotation.type(this.kind);
	}

	/**
	 * Returns the policy of a method.
	 * @param method the method of the target's class, not of an interface
	 * @return the policy
	 * @throws InvalidPolicyException if there is a mistake in it
	 */
	public LeasePolicy of(Method method) {
		State current = this.state;
		LeasePolicy known = current.policies.get(method);
		return (known != null) ? known
				: current.policies.computeIfAbsent(method, (added) -> parse(added, current.overrides));
	}

	/**
	 * Prepares a change of what properties say.
	 * @param overrides what they say now about single policies, by name
	 * @return makes the change, which holds from the next call on, while whoever has a
	 * lease or waits for one goes on as before; never fails
	 * @throws InvalidPolicyException if the policy of a method that is known would make
	 * no sense
	 */
	public Runnable override(Map<String, PolicyOverride> overrides) {
		State after = new State(overrides);
		this.state.policies.keySet().forEach((method) -> after.policies.put(method, parse(method, after.overrides)));
		return () -> this.state = after;
	}

	/**
	 * Returns the names that properties mention, whether or not a policy has them.
	 * @return the names
	 */
	public Set<String> overriddenNames() {
		return this.state.overrides.keySet();
	}

	/**
	 * Returns the names that code has used.
	 * @return the names
	 */
	Set<String> usedNames() {
		return this.usedNames.all();
	}

	/**
	 * Returns what properties say about a policy.
	 * @param name its name
	 * @return what they say
	 */
	PolicyOverride overrideOf(String name) {
		return this.state.of(name);
	}

	/**
	 * Whether a key is one of a policy: with or without what expressions add.
	 * @param keyBase the prefix of all keys and the name of the policy
	 * @param key the key
	 * @return whether it is
	 */
	public static boolean isKeyOf(String keyBase, String key) {
		return key.equals(keyBase) || key.startsWith(keyBase + ":");
	}

	/**
	 * Whether code with a policy of this name takes leases.
	 * @param name the name
	 * @return {@code false} if properties have switched it off
	 */
	boolean isEnabled(String name) {
		return Objects.requireNonNullElse(this.state.of(name).enabled(), this.defaults.enabled());
	}

	/**
	 * Says what code asks of the engine with a lock.
	 * @param spec the lock
	 * @return the guard
	 * @throws IllegalArgumentException if it asks for something impossible
	 */
	public Guard guard(LockSpec spec) {
		return guard(spec.name(), spec.keys(), 1, spec.timeout(), spec.waitTime(), spec.fenced(), spec.onUnavailable(),
				spec.onLost());
	}

	/**
	 * Says what code asks of the engine with a semaphore.
	 * @param spec the permit
	 * @return the guard
	 * @throws IllegalArgumentException if it asks for something impossible
	 */
	public Guard guard(SemaphoreSpec spec) {
		return guard(spec.name(), (spec.key() != null) ? List.of(spec.key()) : List.of(), spec.limit(), spec.timeout(),
				spec.waitTime(), false, spec.onUnavailable(), spec.onLost());
	}

	private Guard guard(String name, List<String> keys, int limit, @Nullable Duration timeout,
			@Nullable Duration waitTime, boolean fenced, @Nullable OnUnavailable onUnavailable,
			@Nullable OnLost onLost) {
		this.usedNames.add(name);
		PolicyOverride override = this.state.of(name);
		Duration effectiveTimeout = Precedence.first(override.timeout(), timeout, this.defaults.timeout());
		Duration effectiveWait = Objects.requireNonNullElse(
				Precedence.first(override.waitTime(), waitTime, effectiveTimeout), this.defaults.waitTime());
		Function<String, LeaseRequest> request = (key) -> new LeaseRequest(name, new LeaseKey(this.kind, key),
				Objects.requireNonNullElse(override.limit(), limit), effectiveTimeout, effectiveWait, fenced,
				purpose(name));
		String base = keyBase(name);
		List<LeaseRequest> requests = keys.isEmpty() ? List.of(request.apply(base))
				: keys.stream().map((key) -> base + ":" + safe(name, key)).distinct().map(request).toList();
		return new Guard(requests,
				Objects.requireNonNullElse(Precedence.first(override.onUnavailable(), onUnavailable),
						this.defaults.onUnavailable()),
				Objects.requireNonNullElse(Precedence.first(override.onLost(), onLost), this.defaults.onLost()));
	}

	private String purpose(String name) {
		return (this.kind == LeaseKind.LOCK) ? "LockOperations '" + name + "'" : "SemaphoreOperations '" + name + "'";
	}

	private String keyBase(String name) {
		String base = this.keyPrefix + name;
		if (name.isEmpty() || !Attributes.isKeyText(base)) {
			throw new IllegalArgumentException("'" + base + "' cannot begin a key in Redis. "
					+ "Use no blanks, and braces only as one complete hash tag such as {eu}");
		}
		return base;
	}

	private static String safe(String name, String key) {
		if (key.isBlank()) {
			throw new IllegalArgumentException("A key of '" + name + "' is blank");
		}
		return KeyExpression.safe(key);
	}

	/**
	 * Names a method in messages.
	 * @param method the method
	 * @return the class and the method
	 */
	public static String place(Method method) {
		return ClassUtils.getQualifiedMethodName(method, ClassUtils.getUserClass(method.getDeclaringClass()));
	}

	private LeasePolicy parse(Method method, Map<String, PolicyOverride> overrides) {
		LeaseAnnotation annotation = LeaseAnnotation.find(this.kind, method);
		if (annotation == null) {
			throw new IllegalArgumentException(method + " has no @" + annotationType().getSimpleName());
		}
		Attributes attributes = new Attributes(method, this.keyPrefix, this.placeholders, this.expressions);
		String name = Objects.requireNonNullElse(attributes.read(() -> attributes.text("name", annotation.name())), "");
		String policyName = name.isEmpty() ? attributes.place() : name;
		PolicyOverride override = overrides.getOrDefault(policyName, PolicyOverride.NONE);
		String keyBase = attributes.read(() -> attributes.keyBase(policyName));
		List<KeyExpression> keys = attributes.read(() -> keys(attributes, annotation));
		ConditionExpression condition = attributes.read(() -> attributes.condition(annotation.condition()));
		LimitExpression limitExpression = attributes.read(() -> limitExpression(attributes, annotation));
		Integer limit = Precedence.first(override.limit(),
				attributes.read(() -> limit(attributes, annotation, override)));
		Duration timeout = Precedence.first(override.timeout(),
				attributes.read(() -> timeout(attributes, annotation.timeout())), this.defaults.timeout());
		Duration waitTime = Precedence.first(override.waitTime(),
				attributes.read(() -> waitTime(attributes, annotation.waitTime())), timeout);
		OnUnavailable onUnavailable = Precedence.first(override.onUnavailable(),
				attributes.read(() -> attributes.single("onUnavailable", annotation.onUnavailable())));
		OnLost onLost = Precedence.first(override.onLost(),
				attributes.read(() -> attributes.single("onLost", annotation.onLost())));
		FallbackMethods fallback = attributes
			.read(() -> attributes.fallback(annotation.fallback(), LeaseException.class));
		attributes.throwMistakes();
		return new LeasePolicy(this.kind, policyName,
				Objects.requireNonNullElse(override.enabled(), this.defaults.enabled()),
				Objects.requireNonNullElse(keyBase, ""), Objects.requireNonNullElse(keys, List.of()),
				Objects.requireNonNullElse(limit, 1), (override.limit() != null) ? null : limitExpression, timeout,
				Objects.requireNonNullElse(waitTime, this.defaults.waitTime()), condition, annotation.fenced(),
				Objects.requireNonNullElse(onUnavailable, this.defaults.onUnavailable()),
				Objects.requireNonNullElse(onLost, this.defaults.onLost()), fallback, purpose(method));
	}

	private static List<KeyExpression> keys(Attributes attributes, LeaseAnnotation annotation) {
		KeyExpression single = attributes.key("key", annotation.key(), false);
		if (single != null && !annotation.keys().isEmpty()) {
			throw attributes.mistake("keys", String.join("\", \"", annotation.keys()), "there is a key as well",
					"Use key for one thing, keys for several");
		}
		if (annotation.fenced() && !annotation.keys().isEmpty()) {
			throw attributes.mistake("keys", String.join("\", \"", annotation.keys()),
					"a lock of several keys cannot be fenced, since a token grows for one key",
					"Remove fenced, or lock one key");
		}
		List<KeyExpression> keys = new ArrayList<>();
		for (String raw : annotation.keys()) {
			KeyExpression key = attributes.key("keys", raw, true);
			if (key == null) {
				throw attributes.mistake("keys", raw, "an expression is empty", "Remove it");
			}
			keys.add(key);
		}
		return (single != null) ? List.of(single) : keys;
	}

	private static @Nullable LimitExpression limitExpression(Attributes attributes, LeaseAnnotation annotation) {
		PolicyExpression expression = attributes.expression("limitExpression", annotation.limitExpression());
		if (expression != null && annotation.limit() != 0) {
			throw attributes.mistake("limitExpression", annotation.limitExpression(),
					"there is a limit of " + annotation.limit() + " as well", "Remove one of the two");
		}
		return (expression != null) ? new LimitExpression(expression) : null;
	}

	private static @Nullable Integer limit(Attributes attributes, LeaseAnnotation annotation, PolicyOverride override) {
		if (annotation.limit() < 0) {
			throw attributes.mistake("limit", Integer.toString(annotation.limit()),
					"a semaphore needs a limit of at least 1", SET_LIMIT);
		}
		if (annotation.limit() == 0 && override.limit() == null && annotation.limitExpression().isBlank()) {
			throw attributes.missing("limit", "the limit is missing", SET_LIMIT);
		}
		return (annotation.limit() != 0) ? annotation.limit() : null;
	}

	private @Nullable Duration timeout(Attributes attributes, String raw) {
		Duration timeout = attributes.duration("timeout", raw);
		if (timeout != null && timeout.toMillis() < 1) {
			throw attributes.mistake("timeout", raw, "a " + this.kind + " must be held for at least 1ms",
					"Use a positive duration such as \"60s\", or leave it empty to hold the " + this.kind
							+ " as long as the method runs");
		}
		return timeout;
	}

	private static @Nullable Duration waitTime(Attributes attributes, String raw) {
		Duration waitTime = attributes.duration("waitTime", raw);
		if (waitTime != null && waitTime.isNegative()) {
			throw attributes.mistake("waitTime", raw, "the wait time is negative", "Use \"0\" to not wait");
		}
		return waitTime;
	}

	private static String purpose(Method method) {
		return ClassUtils.getUserClass(method.getDeclaringClass()).getSimpleName() + "." + method.getName();
	}

	/**
	 * What properties say, and the policies that were made from it.
	 */
	private static final class State {

		private final Map<String, PolicyOverride> overrides;

		private final ConcurrentMap<Method, LeasePolicy> policies = new ConcurrentHashMap<>();

		private State(Map<String, PolicyOverride> overrides) {
			this.overrides = Map.copyOf(overrides);
		}

		private PolicyOverride of(String name) {
			return this.overrides.getOrDefault(name, PolicyOverride.NONE);
		}

	}

}
