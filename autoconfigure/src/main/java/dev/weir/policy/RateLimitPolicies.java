package dev.weir.policy;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

import dev.weir.annotation.RateLimited;
import dev.weir.policy.Resolved.Source;
import dev.weir.policy.expression.Expressions;
import dev.weir.policy.expression.Invocation;
import dev.weir.policy.expression.KeyExpression;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitSpec;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.util.ClassUtils;

/**
 * Resolves the policies of rate limits from properties, annotations, rules or code, and
 * defaults, in this order of precedence. Thread-safe.
 */
public final class RateLimitPolicies {

	private static final String PROPERTY = "weir.rate-limit.policies.";

	static final String SET_LIMIT = "Set limit to at least 1, or limitExpression, or the property '" + PROPERTY
			+ "<name>.limit'";

	private final BucketKeys keys;

	private final StrictValues strictValues;

	private final RateLimitAttributes defaults;

	private final Function<String, @Nullable String> placeholders;

	private final Expressions expressions;

	private final UsedNames usedNames = new UsedNames();

	/** Replaced as a whole when the properties change. */
	private volatile State state;

	/**
	 * Creates the policies.
	 * @param keyPrefix the prefix of every key
	 * @param defaults the defaults of all policies
	 * @param settings the properties of single policies, by name
	 * @param users the form in which keys contain users and values of requests
	 * @param callers identifies the callers
	 * @param placeholders the resolver of <code>${…}</code> in attributes
	 * @param beanFactory the factory of the beans that expressions can use, {@code null}
	 * for none
	 */
	public RateLimitPolicies(String keyPrefix, RateLimitAttributes defaults,
			Map<String, ? extends RateLimitAttributes> settings, UserHash users, Callers callers,
			Function<String, @Nullable String> placeholders, @Nullable BeanFactory beanFactory) {
		this.keys = new BucketKeys(keyPrefix, users, callers);
		this.strictValues = new StrictValues(callers.clients());
		this.defaults = defaults;
		this.placeholders = placeholders;
		this.expressions = new Expressions(beanFactory);
		this.state = new State(settings);
	}

	/**
	 * Returns the policies of a method. They come from the annotations on the method,
	 * otherwise from the annotations on the class that declares the method.
	 * @param method the method of the target's class, not of an interface
	 * @return the policies, none if there is no annotation
	 * @throws InvalidPolicyException if a policy has a mistake
	 */
	public List<RateLimitPolicy> of(Method method) {
		State current = this.state;
		List<RateLimitPolicy> known = current.policies.get(method);
		return (known != null) ? known : current.policies.computeIfAbsent(method, (added) -> parse(added, current));
	}

	/**
	 * Prepares a change of the properties. The returned action makes the change, which is
	 * in force from the next call on.
	 * @param settings the new properties of single policies, by name
	 * @return the action that makes the change; it never fails
	 * @throws InvalidPolicyException if the change makes the policy of a known method
	 * invalid
	 */
	public Runnable prepare(Map<String, ? extends RateLimitAttributes> settings) {
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
	 * Returns whether a key belongs to a policy.
	 * @param base the prefix and the name of the policy
	 * @param key the key
	 * @return whether the key belongs to the policy, with or without a user and a value
	 */
	public static boolean isKeyOf(String base, String key) {
		return BucketKeys.isKeyOf(base, key);
	}

	/**
	 * Returns the properties of a policy.
	 * @param name its name
	 * @return the properties, {@code null} if there are none
	 */
	public @Nullable RateLimitAttributes settingsOf(String name) {
		return PolicyNames.find(this.state.settings, name);
	}

	/**
	 * Returns the charges of a call.
	 * @param policies the policies of its method
	 * @param invocation the call
	 * @return the charges, none if no limit applies to the call
	 */
	public List<Charge> charges(List<RateLimitPolicy> policies, Invocation invocation) {
		List<Charge> charges = new ArrayList<>(policies.size());
		for (RateLimitPolicy policy : policies) {
			if (policy.concerns(invocation, this.strictValues)) {
				charges.add(policy.charge(invocation, this.keys, this.strictValues));
			}
		}
		return charges;
	}

	/**
	 * Returns the charge for a request of code.
	 * @param spec the request
	 * @return the charge
	 * @throws IllegalArgumentException if the limit is not set, or if the name or the key
	 * is invalid
	 */
	public Charge charge(RateLimitSpec spec) {
		State current = this.state;
		String name = spec.name();
		this.usedNames.add(name);
		RateLimitPolicy annotated = current.byName.get(name);
		BucketKey key = this.keys.base(name);
		String user = spec.user();
		if (user != null) {
			key = this.keys.withUser(key, user);
		}
		else if (annotated != null && annotated.isPerUser()) {
			key = this.keys.withCurrentUser(key, name);
		}
		if (spec.key() != null) {
			key = BucketKeys.withSafeValue(key, KeyExpression.safe(spec.key()));
		}
		RateLimitValues values = RateLimitValues.resolve(
				new PolicyLayers<RateLimitAttributes>().add(Source.PROPERTY, PolicyNames.find(current.settings, name))
					.add(Source.ANNOTATION, limitOf(spec))
					.add(Source.ANNOTATION, (annotated != null) ? annotated.declared() : null)
					.add(Source.DEFAULT, this.defaults));
		if (values.limit().value() == null) {
			throw new IllegalArgumentException("The rate limit '" + name
					+ "' has no limit. Set a limit in the RateLimitSpec, or the property '" + PROPERTY + name
					+ ".limit'. The known rate limits are " + new TreeSet<>(current.byName.keySet()));
		}
		return new Charge(name, key.text(), values.rateLimit(), spec.cost(), values.onUnavailable().value(),
				values.shadow().value(), key.anonymous(), spec.estimate(), Duration.ZERO);
	}

	/**
	 * Returns the charge of a rule for requests by their path.
	 * @param name the name of the rule
	 * @param key the part of the key for the request, {@code null} if all requests share
	 * one bucket
	 * @param user whether each user has a separate bucket
	 * @param rule the attributes of the rule
	 * @return the charge
	 */
	public Charge charge(String name, @Nullable String key, boolean user, RateLimitAttributes rule) {
		BucketKey bucket = this.keys.base(name);
		if (user) {
			bucket = this.keys.withCurrentUser(bucket, name);
		}
		if (key != null) {
			bucket = this.keys.withRequestValue(bucket, key);
		}
		RateLimitValues values = resolve(name, rule);
		return new Charge(name, bucket.text(), values.rateLimit(), values.cost().value(),
				values.onUnavailable().value(), values.shadow().value(), bucket.anonymous());
	}

	/**
	 * Resolves the attributes of a rule.
	 * @param name its name
	 * @param rule the attributes of the rule, which are properties, too
	 * @return the values
	 */
	RateLimitValues resolve(String name, @Nullable RateLimitAttributes rule) {
		return RateLimitValues.resolve(new PolicyLayers<RateLimitAttributes>().add(Source.PROPERTY, settingsOf(name))
			.add(Source.PROPERTY, rule)
			.add(Source.DEFAULT, this.defaults));
	}

	/**
	 * Returns the user for whom this thread works.
	 * @return the user, {@code null} if there is no {@link UserKeyResolver} or it returns
	 * no user
	 */
	public @Nullable String user() {
		return this.keys.callers().user();
	}

	/**
	 * Returns whether the limits of a policy are charged.
	 * @param name the name of the policy
	 * @return {@code false} if a property disables the policy
	 */
	public boolean isEnabled(String name) {
		return new PolicyLayers<RateLimitAttributes>().add(Source.PROPERTY, settingsOf(name))
			.add(Source.DEFAULT, this.defaults)
			.resolve(RateLimitAttributes::enabled, true)
			.value();
	}

	private List<RateLimitPolicy> parse(Method method, State state) {
		List<PolicyMistake> mistakes = new ArrayList<>();
		List<RateLimitPolicy> policies = new ArrayList<>();
		for (RateLimited annotation : RateLimitDeclaration.annotations(method)) {
			try {
				RateLimitPolicy policy = parse(method, annotation, state);
				if (policies.stream().anyMatch((other) -> other.name().equals(policy.name()))) {
					mistakes.add(new PolicyMistake(GuardedMethods.location(method), "name = \"" + policy.name() + "\"",
							"the method has another rate limit of this name", "Give one of them another name"));
				}
				policies.add(policy);
			}
			catch (InvalidPolicyException ex) {
				mistakes.addAll(ex.getMistakes());
			}
		}
		if (!mistakes.isEmpty()) {
			throw new InvalidPolicyException(mistakes);
		}
		policies.forEach((policy) -> state.byName.putIfAbsent(policy.name(), policy));
		return List.copyOf(policies);
	}

	private RateLimitPolicy parse(Method method, RateLimited annotation, State state) {
		AttributeReader reader = new AttributeReader(method, MergedAnnotation.from(annotation), this.placeholders,
				this.expressions);
		RateLimitDeclaration declared = RateLimitDeclaration.read(reader);
		String name = !declared.name().isEmpty() ? declared.name() : defaultName(method, reader);
		RateLimitValues values = RateLimitValues.resolve(
				new PolicyLayers<RateLimitAttributes>().add(Source.PROPERTY, PolicyNames.find(state.settings, name))
					.add(Source.ANNOTATION, declared)
					.add(Source.DEFAULT, this.defaults));
		String keyBase = reader.read(() -> keyBase(reader, name));
		RateLimit limit = reader.read(() -> limit(reader, values));
		reader.read(() -> checkCost(reader, values, limit));
		reader.read(() -> checkUser(reader, declared));
		reader.read(() -> checkEstimate(reader, values));
		reader.read(() -> checkZone(reader, declared, values));
		reader.read(() -> checkWait(reader, declared, values));
		reader.throwMistakes();
		return new RateLimitPolicy(name, Objects.requireNonNull(keyBase), declared, values,
				Objects.requireNonNull(limit));
	}

	private static String defaultName(Method method, AttributeReader reader) {
		return RateLimitDeclaration.isOnMethod(method) ? reader.location()
				: ClassUtils.getUserClass(method.getDeclaringClass()).getName();
	}

	private String keyBase(AttributeReader reader, String name) {
		if (!BucketKeys.isName(name)) {
			throw reader.mistake("name", name, "the name cannot be part of an HTTP header and of a key",
					"Use printable ASCII without blanks and %");
		}
		return reader.keyBase(this.keys.prefix(), name);
	}

	private static @Nullable RateLimit limit(AttributeReader reader, RateLimitValues values) {
		if (values.limit().value() == null && !reader.isSet("limitExpression")) {
			if (reader.number("limit") == 0) {
				throw reader.missing("limit", "the limit is missing", SET_LIMIT);
			}
			// A negative limit is a mistake already.
			return null;
		}
		try {
			return values.rateLimit();
		}
		catch (IllegalArgumentException ex) {
			throw reader.mistake("window", ex.getMessage(),
					"Correct the value here, or in the properties '" + PROPERTY + "<name>.*'");
		}
	}

	private static Boolean checkCost(AttributeReader reader, RateLimitValues values, @Nullable RateLimit limit) {
		long cost = values.cost().value();
		if (cost < 1 && !reader.isSet("costExpression")) {
			throw reader.mistake("cost", Long.toString(cost), "a call must cost at least 1",
					"Use condition for calls that cost nothing");
		}
		boolean fixed = !reader.isSet("costExpression") && !reader.isSet("limitExpression");
		if (fixed && limit != null && cost > limit.burst()) {
			throw reader.mistake("cost", Long.toString(cost),
					"no call can ever pass, because the bucket holds only " + limit.burst(),
					"Lower the cost, or raise the burst");
		}
		return true;
	}

	private static Boolean checkEstimate(AttributeReader reader, RateLimitValues values) {
		if (reader.isSet("settle") && !reader.isSet("costExpression") && values.cost().value() == 1) {
			throw reader.mistake("settle", "there is no estimate to settle",
					"Set costExpression, or cost, to the number of tokens that a call is expected to use");
		}
		return true;
	}

	private static Boolean checkWait(AttributeReader reader, RateLimitDeclaration declared, RateLimitValues values) {
		boolean waits = declared.waitTime() != null || !values.waitTime().value().isZero();
		if (waits && values.window().value().period() != null) {
			throw reader.mistake("waitTime", "no call waits for the next " + values.window().value(),
					"Remove waitTime, also from the properties, and set it at a limit with a duration as window");
		}
		return true;
	}

	private static Boolean checkZone(AttributeReader reader, RateLimitDeclaration declared, RateLimitValues values) {
		boolean varies = declared.limitExpression() != null || values.window().source() == Source.PROPERTY;
		if (declared.zone() != null && values.window().value().period() == null && !varies) {
			throw reader.mistake("zone", "the window is not a day, week or month",
					"Set window to day, week or month, or remove zone");
		}
		return true;
	}

	private Boolean checkUser(AttributeReader reader, RateLimitDeclaration declared) {
		if (declared.perUser() && this.keys.callers().users().get() == null) {
			throw reader.mistake("perUser", "no bean determines the user",
					"Declare a bean of type UserKeyResolver; only a servlet web application has one by default");
		}
		return true;
	}

	private static @Nullable RateLimitSettings limitOf(RateLimitSpec spec) {
		RateLimit limit = spec.limit();
		return (limit != null) ? new RateLimitSettings(null, new Rate(limit.limit(), RateWindow.of(limit)), null,
				limit.burst(), null, null, null, (limit.quota() != null) ? limit.quota().zone() : null, null) : null;
	}

	/**
	 * The properties, and the policies that were resolved with them.
	 */
	private static final class State {

		private final Map<String, RateLimitAttributes> settings;

		private final ConcurrentMap<Method, List<RateLimitPolicy>> policies = new ConcurrentHashMap<>();

		/** The first policy of each name, for code that uses the name. */
		private final ConcurrentMap<String, RateLimitPolicy> byName = new ConcurrentHashMap<>();

		private State(Map<String, ? extends RateLimitAttributes> settings) {
			this.settings = Map.copyOf(settings);
		}

	}

}
