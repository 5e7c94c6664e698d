package dev.weir.policy;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

import dev.weir.lease.LeaseAttributes;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LockSpec;
import dev.weir.lease.SemaphoreSpec;
import dev.weir.lease.engine.LeaseGuard;
import dev.weir.policy.expression.Expressions;
import dev.weir.policy.expression.KeyExpression;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.util.ClassUtils;

/**
 * The policies of one kind: resolves properties, annotations or code, and defaults, in
 * this order of precedence. Thread-safe.
 */
public final class LeasePolicies {

	static final String SET_LIMIT = "Set limit to at least 1, or limitExpression, or the property "
			+ "'weir.semaphore.policies.<name>.limit'";

	private final LeaseKind kind;

	private final String keyPrefix;

	private final LeaseAttributes defaults;

	private final Function<String, @Nullable String> placeholders;

	private final Expressions expressions;

	private final UsedNames usedNames = new UsedNames();

	/** Replaced as a whole. */
	private volatile State state;

	/**
	 * Creates the policies of one kind.
	 * @param kind the kind
	 * @param keyPrefix stands in front of every key
	 * @param defaults the defaults of all policies
	 * @param settings the properties of single policies, by name
	 * @param placeholders resolves <code>${…}</code> in attributes
	 * @param beanFactory where expressions find beans, {@code null} for none
	 */
	public LeasePolicies(LeaseKind kind, String keyPrefix, LeaseAttributes defaults,
			Map<String, ? extends LeaseAttributes> settings, Function<String, @Nullable String> placeholders,
			@Nullable BeanFactory beanFactory) {
		this.kind = kind;
		this.keyPrefix = keyPrefix;
		this.defaults = defaults;
		this.placeholders = placeholders;
		this.expressions = new Expressions(beanFactory);
		this.state = new State(settings);
	}

	public LeaseKind kind() {
		return this.kind;
	}

	/**
	 * Returns the annotation that these policies are made from.
	 * @return its type
	 */
	public Class<? extends Annotation> annotationType() {
		return LeaseDeclaration.annotationType(this.kind);
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
		return (known != null) ? known : current.policies.computeIfAbsent(method, (added) -> parse(added, current));
	}

	/**
	 * Prepares a change of the properties.
	 * @param settings the new properties of single policies, by name
	 * @return makes the change, which holds from the next call on; holders and waiters
	 * are not affected. Never fails
	 * @throws InvalidPolicyException if the change makes the policy of a known method
	 * invalid
	 */
	public Runnable prepare(Map<String, ? extends LeaseAttributes> settings) {
		State after = new State(settings);
		this.state.policies.keySet().forEach((method) -> after.policies.put(method, parse(method, after)));
		return () -> this.state = after;
	}

	/**
	 * Returns the names that properties mention, whether or not a policy has them.
	 * @return the names
	 */
	public Set<String> configuredNames() {
		return this.state.settings.keySet();
	}

	/**
	 * Returns the names that code has used.
	 * @return the names
	 */
	Set<String> usedNames() {
		return this.usedNames.all();
	}

	/**
	 * Returns the properties of a policy.
	 * @param name its name
	 * @return the properties, {@code null} if there are none
	 */
	@Nullable LeaseAttributes settingsOf(String name) {
		return this.state.settings.get(name);
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
	 * Returns whether code with a policy of this name takes leases.
	 * @param name the name
	 * @return {@code false} if properties have switched it off
	 */
	boolean isEnabled(String name) {
		return resolve(name, null).enabled().value();
	}

	/**
	 * Converts the request of code for a lock.
	 * @param spec the lock
	 * @return the guard
	 * @throws IllegalArgumentException if the name or a key cannot be used
	 */
	public LeaseGuard guard(LockSpec spec) {
		return guard(spec.name(), spec, spec.keys(), spec.fenced());
	}

	/**
	 * Converts the request of code for a permit of a semaphore.
	 * @param spec the permit
	 * @return the guard
	 * @throws IllegalArgumentException if the name or the key cannot be used
	 */
	public LeaseGuard guard(SemaphoreSpec spec) {
		return guard(spec.name(), spec, (spec.key() != null) ? List.of(spec.key()) : List.of(), false);
	}

	private LeaseGuard guard(String name, LeaseAttributes spec, List<String> keys, boolean fenced) {
		this.usedNames.add(name);
		LeaseValues values = resolve(name, spec);
		Integer limit = values.limit().value();
		Function<String, LeaseRequest> request = (key) -> new LeaseRequest(name, new LeaseKey(this.kind, key),
				(limit != null) ? limit : 1, values.timeout().value(), values.waitTime().value(), fenced,
				purpose(name));
		String base = keyBase(name);
		List<LeaseRequest> requests = keys.isEmpty() ? List.of(request.apply(base))
				: keys.stream().map((key) -> base + ":" + safe(name, key)).distinct().map(request).toList();
		return new LeaseGuard(requests, values.onUnavailable().value(), values.onLost().value());
	}

	private LeaseValues resolve(String name, @Nullable LeaseAttributes declared) {
		return LeaseValues.resolve(settingsOf(name), declared, this.defaults);
	}

	private String purpose(String name) {
		return switch (this.kind) {
			case LOCK -> "LockOperations '" + name + "'";
			case SEMAPHORE -> "SemaphoreOperations '" + name + "'";
		};
	}

	private String keyBase(String name) {
		String base = this.keyPrefix + name;
		if (name.isEmpty() || !AttributeReader.isKeyText(base)) {
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

	private LeasePolicy parse(Method method, State current) {
		AttributeReader reader = new AttributeReader(method, AttributeReader.find(method, annotationType()),
				this.placeholders, this.expressions);
		LeaseDeclaration declared = LeaseDeclaration.read(this.kind, reader);
		String name = declared.name().isEmpty() ? reader.location() : declared.name();
		LeaseValues values = LeaseValues.resolve(current.settings.get(name), declared, this.defaults);
		String keyBase = reader.read(() -> reader.keyBase(this.keyPrefix, name));
		reader.read(() -> requireLimit(reader, declared, values));
		reader.throwMistakes();
		return new LeasePolicy(this.kind, name, Objects.requireNonNull(keyBase), declared, values,
				ClassUtils.getUserClass(method.getDeclaringClass()).getSimpleName() + "." + method.getName());
	}

	private Void requireLimit(AttributeReader reader, LeaseDeclaration declared, LeaseValues values) {
		boolean required = switch (this.kind) {
			case LOCK -> false;
			case SEMAPHORE -> true;
		};
		if (required && values.limit().value() == null && !reader.isSet("limitExpression")
				&& reader.number("limit") == 0) {
			throw reader.missing("limit", "the limit is missing", SET_LIMIT);
		}
		return null;
	}

	/**
	 * The properties, and the policies that were resolved with them.
	 */
	private static final class State {

		private final Map<String, LeaseAttributes> settings;

		private final ConcurrentMap<Method, LeasePolicy> policies = new ConcurrentHashMap<>();

		private State(Map<String, ? extends LeaseAttributes> settings) {
			this.settings = Map.copyOf(settings);
		}

	}

}
