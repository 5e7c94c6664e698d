package dev.weir.policy;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseAttributes;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LockSpec;
import dev.weir.lease.OnBusy;
import dev.weir.lease.SemaphoreSpec;
import dev.weir.lease.engine.LeaseGuard;
import dev.weir.policy.expression.Expressions;
import dev.weir.policy.expression.KeyExpression;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.util.ClassUtils;

/**
 * Resolves the policies of one kind of lease from properties, annotations or code, and
 * defaults, in this order of precedence. Thread-safe.
 */
public final class LeasePolicies {

	static final String SET_LIMIT = "Set limit to at least 1, or limitExpression, or the property "
			+ "'weir.semaphore.policies.<name>.limit'";

	private static final String OTHER_NAME = "Give one of them another name";

	private static final String SHARED_TOKENS = "Set onUnavailable to FAIL or PROCEED, or remove fenced";

	private final LeaseKind kind;

	private final String keyPrefix;

	private final LeaseAttributes defaults;

	private final Function<String, @Nullable String> placeholders;

	private final Expressions expressions;

	private final LeaseNames names;

	private final WaitRooms rooms;

	private final UsedNames usedNames = new UsedNames();

	/** Replaced as a whole when the properties change. */
	private volatile State state;

	/**
	 * Creates the policies of one kind.
	 * @param kind the kind
	 * @param keyPrefix the prefix of every key
	 * @param defaults the defaults of all policies
	 * @param settings the properties of single policies, by name
	 * @param names the names of the policies of both kinds
	 * @param rooms where calls wait
	 * @param placeholders the resolver of <code>${…}</code> in attributes
	 * @param beanFactory the factory of the beans that expressions can use, {@code null}
	 * for none
	 */
	public LeasePolicies(LeaseKind kind, String keyPrefix, LeaseAttributes defaults,
			Map<String, ? extends LeaseAttributes> settings, LeaseNames names, WaitRooms rooms,
			Function<String, @Nullable String> placeholders, @Nullable BeanFactory beanFactory) {
		this.kind = kind;
		this.keyPrefix = keyPrefix;
		this.defaults = defaults;
		this.names = names;
		this.rooms = rooms;
		this.placeholders = placeholders;
		this.expressions = new Expressions(beanFactory);
		this.state = new State(settings);
	}

	public LeaseKind kind() {
		return this.kind;
	}

	/**
	 * Returns the annotation that declares these policies.
	 * @return the type of the annotation
	 */
	public Class<? extends Annotation> annotationType() {
		return LeaseDeclaration.annotationType(this.kind);
	}

	/**
	 * Returns the policy of a method.
	 * @param method the method of the target's class, not of an interface
	 * @return the policy
	 * @throws InvalidPolicyException if the policy has a mistake
	 */
	public LeasePolicy of(Method method) {
		State current = this.state;
		LeasePolicy known = current.policies.get(method);
		return (known != null) ? known : current.policies.computeIfAbsent(method, (added) -> parse(added, current));
	}

	/**
	 * Prepares a change of the properties. The returned action makes the change, which is
	 * in force from the next call on. The change does not affect holders and waiters.
	 * @param settings the new properties of single policies, by name
	 * @return the action that makes the change; it never fails
	 * @throws InvalidPolicyException if the change makes the policy of a known method
	 * invalid
	 */
	public Runnable prepare(Map<String, ? extends LeaseAttributes> settings) {
		State after = new State(settings);
		this.state.policies.keySet().forEach((method) -> after.policies.put(method, parse(method, after)));
		return () -> this.state = after;
	}

	/**
	 * Returns the names of policies in the properties, even if no policy has such a name.
	 * @return the names
	 */
	public Set<String> configuredNames() {
		return this.state.settings.keySet();
	}

	/**
	 * Returns the names that code has used.
	 * @return the names
	 */
	public Set<String> usedNames() {
		return this.usedNames.all();
	}

	/**
	 * Returns the properties of a policy.
	 * @param name its name
	 * @return the properties, {@code null} if there are none
	 */
	@Nullable LeaseAttributes settingsOf(String name) {
		return PolicyNames.find(this.state.settings, name);
	}

	/**
	 * Returns whether a key belongs to a policy, with or without the parts that
	 * expressions add.
	 * @param keyBase the prefix of all keys and the name of the policy
	 * @param key the key
	 * @return whether the key belongs to the policy
	 */
	public static boolean isKeyOf(String keyBase, String key) {
		return key.equals(keyBase) || key.startsWith(keyBase + ":");
	}

	/**
	 * Returns whether code that uses a policy takes leases.
	 * @param name the name of the policy
	 * @return {@code false} if a property disables the policy
	 */
	boolean isEnabled(String name) {
		return new PolicyLayers<LeaseAttributes>().add(Resolved.Source.PROPERTY, settingsOf(name))
			.add(Resolved.Source.DEFAULT, this.defaults)
			.resolve(LeaseAttributes::enabled, true)
			.value();
	}

	/**
	 * Returns the guard for a lock that code requests.
	 * @param spec the lock
	 * @return the guard
	 * @throws IllegalArgumentException if the name or a key is invalid
	 */
	public LeaseGuard guard(LockSpec spec) {
		return guard(spec.name(), spec, spec.keys(), spec.fenced());
	}

	/**
	 * Returns the guard for a permit of a semaphore that code requests.
	 * @param spec the permit
	 * @return the guard
	 * @throws IllegalArgumentException if the name or the key is invalid
	 */
	public LeaseGuard guard(SemaphoreSpec spec) {
		return guard(spec.name(), spec, (spec.key() != null) ? List.of(spec.key()) : List.of(), false);
	}

	private LeaseGuard guard(String name, LeaseAttributes spec, List<String> keys, boolean fenced) {
		this.usedNames.add(name);
		LeaseValues values = resolve(name, spec);
		if (fenced && values.onUnavailable().value() == OnUnavailable.LOCAL) {
			throw new IllegalArgumentException(
					"The lock '" + name + "' is fenced, and onUnavailable is LOCAL: a lease of "
							+ "this JVM only has no fencing token. " + SHARED_TOKENS);
		}
		Integer limit = values.limit().value();
		Function<String, LeaseRequest> request = (key) -> new LeaseRequest(name, new LeaseKey(this.kind, key),
				(limit != null) ? limit : 1, values.timeout().value(), values.waitTime().value(), fenced, purpose(name))
			.keptFor(values.atLeast().value());
		String base = keyBase(name);
		String problem = this.names.use(new LeaseNames.Owner(this.kind, !keys.isEmpty(), purpose(name)), name);
		if (problem != null) {
			throw new IllegalArgumentException("The " + this.kind + " '" + name + "': " + problem + ". " + OTHER_NAME);
		}
		List<LeaseRequest> requests = keys.isEmpty() ? List.of(request.apply(base))
				: keys.stream().map((key) -> base + ":" + safe(name, key)).distinct().map(request).toList();
		return new LeaseGuard(requests, values.onUnavailable().value(), values.onLost().value(),
				this.rooms.of(this.kind, name, values.maxWaiters().value()));
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
		LeaseValues values = LeaseValues.resolve(PolicyNames.find(current.settings, name), declared, this.defaults);
		String keyBase = reader.read(() -> reader.keyBase(this.keyPrefix, name));
		reader.read(() -> requireOwnKeys(reader, declared, name));
		reader.read(() -> requireLimit(reader, declared, values));
		reader.read(() -> requireSharedTokens(reader, declared, values));
		if (values.onBusy().value() == OnBusy.SKIP) {
			reader.read(() -> reader.requireEmptyResult("onBusy",
					"Return a type that can be null or empty, or set onBusy to FAIL"));
		}
		reader.read(() -> requireTimeFor(reader, values));
		reader.throwMistakes();
		return new LeasePolicy(this.kind, name, Objects.requireNonNull(keyBase), declared, values,
				ClassUtils.getUserClass(method.getDeclaringClass()).getSimpleName() + "." + method.getName(),
				this.rooms);
	}

	private Void requireOwnKeys(AttributeReader reader, LeaseDeclaration declared, String name) {
		String problem = this.names
			.declare(new LeaseNames.Owner(this.kind, !declared.keys().isEmpty(), reader.location()), name);
		if (problem != null) {
			throw reader.mistake("name", name, problem, OTHER_NAME);
		}
		return null;
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

	private static Void requireSharedTokens(AttributeReader reader, LeaseDeclaration declared, LeaseValues values) {
		if (declared.fenced() && values.onUnavailable().value() == OnUnavailable.LOCAL) {
			throw reader.missing("fenced", "a lease of this JVM only has no fencing token, and onUnavailable is LOCAL",
					SHARED_TOKENS);
		}
		return null;
	}

	private static Void requireTimeFor(AttributeReader reader, LeaseValues values) {
		Duration atLeast = values.atLeast().value();
		Duration timeout = values.timeout().value();
		if (timeout != null && timeout.compareTo(atLeast) < 0) {
			throw reader.missing("atLeast",
					"the lock is lost after its timeout of " + timeout + ", and cannot be kept for " + atLeast,
					"Set atLeast to the timeout at most, or remove the timeout");
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
