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
import java.util.function.Supplier;
import java.util.stream.Stream;

import dev.weir.annotation.RateLimited;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.FailMode;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitException;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.UserKeyResolver;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.util.ClassUtils;

/**
 * Makes the policies of rate limits, from annotations, from what code asks for, and from
 * properties. Thread-safe.
 * <p>
 * Precedence: properties of the policy, then the annotation or the code, then the
 * defaults.
 */
public final class RateLimitPolicies {

	private static final String PROPERTY = "weir.rate-limit.policies.";

	/**
	 * Stand between name, user and key. No name, user or key has a {@code %} before such
	 * a character, so none can look like another policy's bucket.
	 */
	static final String USER = "%@";

	static final String KEY = "%:";

	private final String keyPrefix;

	private final RateLimitDefaults defaults;

	private final boolean hashUsers;

	private final Supplier<@Nullable UserKeyResolver> users;

	private final Function<String, @Nullable String> placeholders;

	private final Expressions expressions;

	/** Replaced as a whole, together with what was made from it. */
	private final UsedNames usedNames = new UsedNames();

	private volatile State state;

	/**
	 * Creates the policies.
	 * @param keyPrefix stands in front of every key
	 * @param defaults what holds for all policies that say nothing else
	 * @param overrides what properties say about single policies, by name
	 * @param hashUsers whether users stand in Redis only as a hash
	 * @param users says who the user is, asked when it is first needed
	 * @param placeholders resolves <code>${…}</code> in attributes
	 * @param beanFactory where expressions find beans, {@code null} for none
	 */
	public RateLimitPolicies(String keyPrefix, RateLimitDefaults defaults, Map<String, RateLimitSettings> overrides,
			boolean hashUsers, Supplier<@Nullable UserKeyResolver> users,
			Function<String, @Nullable String> placeholders, @Nullable BeanFactory beanFactory) {
		this.keyPrefix = keyPrefix;
		this.defaults = defaults;
		this.hashUsers = hashUsers;
		this.users = users;
		this.placeholders = placeholders;
		this.expressions = new Expressions(beanFactory);
		this.state = new State(Map.copyOf(overrides), new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
	}

	/**
	 * Returns the policies of a method: of its own annotations, else of those of the
	 * class that declares it.
	 * @param method the method of the target's class, not of an interface
	 * @return the policies, none if there is no annotation
	 * @throws InvalidPolicyException if there is a mistake in them
	 */
	public List<RateLimitPolicy> of(Method method) {
		State current = this.state;
		List<RateLimitPolicy> known = current.policies.get(method);
		return (known != null) ? known : current.policies.computeIfAbsent(method, (added) -> parse(added, current));
	}

	/**
	 * Prepares a change of what properties say.
	 * @param overrides what they say now about single policies, by name
	 * @return makes the change, which holds from the next call on; never fails
	 * @throws InvalidPolicyException if a policy would make no sense
	 */
	public Runnable override(Map<String, RateLimitSettings> overrides) {
		State before = this.state;
		State after = new State(Map.copyOf(overrides), new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
		// By name they are known to code as well, which comes with no method.
		before.policies.keySet().forEach((method) -> after.policies.put(method, parse(method, after)));
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
	 * Whether a key is one of a policy: with or without a user and what expressions add.
	 * @param keyBase the prefix of all keys and the name of the policy
	 * @param key the key
	 * @return whether it is
	 */
	public static boolean isKeyOf(String keyBase, String key) {
		return key.equals(keyBase) || key.startsWith(keyBase + USER) || key.startsWith(keyBase + KEY);
	}

	/**
	 * Returns what properties say about a policy.
	 * @param name its name
	 * @return what they say
	 */
	RateLimitSettings overrideOf(String name) {
		return this.state.of(name);
	}

	/**
	 * Says what a call takes.
	 * @param policies the policies of its method
	 * @param invocation the call
	 * @return the charges, none if no limit concerns it
	 */
	public List<Charge> charges(List<RateLimitPolicy> policies, Invocation invocation) {
		List<Charge> charges = new ArrayList<>(policies.size());
		for (RateLimitPolicy policy : policies) {
			if (policy.concerns(invocation)) {
				charges.add(policy.charge(invocation, () -> userPart(policy.name())));
			}
		}
		return charges;
	}

	/**
	 * Says what code asks for.
	 * @param spec what it asks for
	 * @return the charge
	 * @throws IllegalArgumentException if nobody says what the limit is
	 */
	public Charge charge(RateLimitSpec spec) {
		State current = this.state;
		String name = spec.name();
		this.usedNames.add(name);
		RateLimitPolicy annotated = current.byName.get(name);
		RateLimitSettings override = current.of(name);
		StringBuilder key = new StringBuilder(keyBase(name));
		String user = spec.user();
		if (user != null) {
			key.append(USER).append(userPart(user, this.hashUsers));
		}
		else if (annotated != null && annotated.perUser()) {
			key.append(USER).append(userPart(name));
		}
		if (spec.key() != null) {
			key.append(KEY).append(KeyExpression.safe(spec.key()));
		}
		FailMode failMode = (annotated != null) ? annotated.failMode()
				: Objects.requireNonNullElse(override.onUnavailable(), this.defaults.onUnavailable());
		boolean shadow = (annotated != null) ? annotated.shadow() : Boolean.TRUE.equals(override.shadow());
		return new Charge(name, key.toString(), limit(spec, annotated, override), spec.cost(), failMode, shadow);
	}

	/**
	 * Says what a rule takes. Properties of a policy with its name come first here, too.
	 * @param name the name of the rule
	 * @param key what has a bucket of its own, {@code null} for one bucket for all
	 * @param user whether each user has a bucket of their own
	 * @param limit the limit
	 * @param failMode what happens when the store does not answer, {@code null} if not
	 * said
	 * @param shadow whether a denial is only counted and reported
	 * @return the charge
	 */
	public Charge charge(String name, @Nullable String key, boolean user, RateLimit limit, @Nullable FailMode failMode,
			boolean shadow) {
		RateLimitSettings override = this.state.of(name);
		StringBuilder bucket = new StringBuilder(keyBase(name));
		if (user) {
			bucket.append(USER).append(userPart(name));
		}
		if (key != null) {
			bucket.append(KEY).append(userPart(key, this.hashUsers));
		}
		return new Charge(name, bucket.toString(), override.over(limit),
				Objects.requireNonNullElse(override.cost(), 1L),
				Objects.requireNonNullElse(override.onUnavailable(),
						Objects.requireNonNullElse(failMode, this.defaults.onUnavailable())),
				Objects.requireNonNullElse(override.shadow(), shadow));
	}

	/**
	 * Returns the user for whom this thread works.
	 * @return what the {@link UserKeyResolver} says, {@code null} if there is none or it
	 * does not know
	 */
	public @Nullable String user() {
		UserKeyResolver resolver = this.users.get();
		String user = (resolver != null) ? resolver.resolve() : null;
		return (user == null || user.isBlank()) ? null : user;
	}

	/**
	 * Whether limits of a name are charged.
	 * @param name the name
	 * @return {@code false} if properties have switched it off
	 */
	public boolean isEnabled(String name) {
		return Objects.requireNonNullElse(this.state.of(name).enabled(), this.defaults.enabled());
	}

	private RateLimit limit(RateLimitSpec spec, @Nullable RateLimitPolicy annotated, RateLimitSettings override) {
		RateLimit said = spec.limit();
		if (said == null && annotated != null && annotated.limitExpression() == null) {
			said = annotated.limit();
		}
		if (said == null && override.limit() == null) {
			throw new IllegalArgumentException("The rate limit '" + spec.name()
					+ "' has no limit. Set one in the RateLimitSpec, or the property '" + PROPERTY + spec.name()
					+ ".limit'. Known rate limits are " + new TreeSet<>(this.state.byName.keySet()));
		}
		return override.over((said != null) ? said : RateLimit.of(1, this.defaults.window()));
	}

	private String keyBase(String name) {
		String base = this.keyPrefix + name;
		if (!isName(name) || !Attributes.isKeyText(base)) {
			throw new IllegalArgumentException("'" + name + "' cannot be the name of a rate limit. Use printable ASCII "
					+ "without blanks and %, and braces only as one complete hash tag such as {eu}");
		}
		return base;
	}

	private static boolean isName(String name) {
		return !name.isEmpty()
				&& name.chars().allMatch((character) -> character > ' ' && character < 0x7f && character != '%');
	}

	private String userPart(String policy) {
		String user = user();
		if (user == null) {
			throw new IllegalStateException("The rate limit '" + policy + "' is per user, but this thread works for "
					+ "none. Let the UserKeyResolver bean name one for it, or use RateLimitSpec.user(…)");
		}
		return userPart(user, this.hashUsers);
	}

	private static String userPart(String user, boolean hash) {
		// 128 bits: nobody can find another user with the same bucket.
		return hash ? Digests.sha256(user).substring(0, 32) : KeyExpression.safe(user);
	}

	private List<RateLimitPolicy> parse(Method method, State state) {
		Set<RateLimited> onMethod = onMethod(method);
		boolean ofClass = onMethod.isEmpty();
		List<PolicyMistake> mistakes = new ArrayList<>();
		List<RateLimitPolicy> policies = new ArrayList<>();
		for (RateLimited annotation : ofClass ? onClass(method) : onMethod) {
			try {
				RateLimitPolicy policy = parse(method, annotation, ofClass, state);
				if (policies.stream().anyMatch((other) -> other.name().equals(policy.name()))) {
					mistakes.add(new PolicyMistake(LeasePolicies.place(method), "name = \"" + policy.name() + "\"",
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

	/**
	 * Returns the annotations that limit a method.
	 * @param method the method
	 * @return the annotations, in the order of its policies
	 */
	static List<RateLimited> annotations(Method method) {
		Set<RateLimited> onMethod = onMethod(method);
		return List.copyOf(onMethod.isEmpty() ? onClass(method) : onMethod);
	}

	private static Set<RateLimited> onMethod(Method method) {
		return AnnotatedElementUtils.findMergedRepeatableAnnotations(method, RateLimited.class);
	}

	private static Set<RateLimited> onClass(Method method) {
		// Of the class itself: no proxy knows the annotations of what it extends.
		return AnnotatedElementUtils.getMergedRepeatableAnnotations(method.getDeclaringClass(), RateLimited.class);
	}

	private RateLimitPolicy parse(Method method, RateLimited annotation, boolean ofClass, State state) {
		Attributes attributes = new Attributes(method, this.keyPrefix, this.placeholders, this.expressions);
		String said = Objects.requireNonNullElse(attributes.read(() -> attributes.text("name", annotation.name())), "");
		String name = said.isEmpty()
				? (ofClass ? ClassUtils.getUserClass(method.getDeclaringClass()).getName() : attributes.place()) : said;
		RateLimitSettings override = state.of(name);
		String keyBase = attributes.read(() -> {
			if (!isName(name)) {
				throw attributes.mistake("name", name, "it cannot stand in a header of HTTP and in a key",
						"Use printable ASCII without blanks and %");
			}
			return attributes.keyBase(name);
		});
		KeyExpression key = attributes.read(() -> attributes.key("key", annotation.key(), false));
		ConditionExpression condition = attributes.read(() -> attributes.condition(annotation.condition()));
		PolicyExpression limitText = attributes
			.read(() -> attributes.expression("limitExpression", annotation.limitExpression()));
		PolicyExpression costText = attributes
			.read(() -> attributes.expression("costExpression", annotation.costExpression()));
		Duration window = Objects.requireNonNullElse(override.effectiveWindow(), Objects.requireNonNullElse(
				attributes.read(() -> attributes.duration("window", annotation.window())), this.defaults.window()));
		RateLimit limit = attributes.read(() -> limit(attributes, annotation, limitText, override, window));
		long cost = Objects.requireNonNullElse(override.cost(), annotation.cost());
		attributes.read(() -> checkCost(attributes, annotation, cost, costText, limit, limitText));
		FailMode failMode = attributes
			.read(() -> attributes.single("onUnavailable", List.of(annotation.onUnavailable())));
		FallbackMethods fallback = attributes
			.read(() -> attributes.fallback(annotation.fallback(), RateLimitException.class));
		attributes.read(() -> checkUser(attributes, annotation));
		attributes.throwMistakes();
		boolean needsArguments = fallback != null || Stream
			.of((key != null) ? key.expression() : null, (condition != null) ? condition.expression() : null, limitText,
					costText)
			.anyMatch((expression) -> expression != null && expression.needsArguments());
		return new RateLimitPolicy(name, Objects.requireNonNullElse(override.enabled(), this.defaults.enabled()),
				Objects.requireNonNullElse(keyBase, ""), annotation.perUser(), key,
				Objects.requireNonNullElse(limit, RateLimit.of(1, window)),
				(limitText != null && override.limit() == null) ? new RateLimitPolicy.RateExpression(limitText, window,
						Objects.requireNonNullElse(override.burst(), annotation.burst())) : null,
				cost, (costText != null) ? new RateLimitPolicy.CostExpression(costText) : null, condition,
				Objects.requireNonNullElse(override.onUnavailable(),
						Objects.requireNonNullElse(failMode, this.defaults.onUnavailable())),
				fallback, Objects.requireNonNullElse(override.shadow(), annotation.shadow()), needsArguments);
	}

	private static RateLimit limit(Attributes attributes, RateLimited annotation, @Nullable PolicyExpression expression,
			RateLimitSettings override, Duration window) {
		if (expression != null && annotation.limit() != 0) {
			throw attributes.mistake("limitExpression", annotation.limitExpression(),
					"there is a limit of " + annotation.limit() + " as well", "Remove one of the two");
		}
		boolean said = expression != null || override.limit() != null;
		if (!said && annotation.limit() < 1) {
			String cure = "Set limit to at least 1, or limitExpression, or the property '" + PROPERTY + "<name>.limit'";
			throw (annotation.limit() == 0) ? attributes.missing("limit", "the limit is missing", cure) : attributes
				.mistake("limit", Long.toString(annotation.limit()), "a rate limit must be at least 1", cure);
		}
		if (annotation.burst() < 0) {
			throw attributes.mistake("burst", Long.toString(annotation.burst()), "it is negative",
					"Remove it, or say how many tokens the bucket holds");
		}
		long limit = Math.max(1, annotation.limit());
		try {
			return override.over(new RateLimit(limit, window, (annotation.burst() > 0) ? annotation.burst() : limit));
		}
		catch (IllegalArgumentException ex) {
			throw attributes.mistake("window", annotation.window(), ex.getMessage(),
					"Correct it here, or in the properties '" + PROPERTY + "<name>.*'");
		}
	}

	private static Boolean checkCost(Attributes attributes, RateLimited annotation, long cost,
			@Nullable PolicyExpression expression, @Nullable RateLimit limit,
			@Nullable PolicyExpression limitExpression) {
		if (expression != null && annotation.cost() != 1) {
			throw attributes.mistake("costExpression", annotation.costExpression(),
					"there is a cost of " + annotation.cost() + " as well", "Remove one of the two");
		}
		if (cost < 1) {
			throw attributes.mistake("cost", Long.toString(cost), "a call must cost at least 1",
					"Use condition for calls that cost nothing");
		}
		if (expression == null && limit != null && limitExpression == null && cost > limit.burst()) {
			throw attributes.mistake("cost", Long.toString(cost),
					"no call could ever pass: the bucket holds " + limit.burst(), "Lower the cost, or raise the burst");
		}
		return true;
	}

	private Boolean checkUser(Attributes attributes, RateLimited annotation) {
		if (annotation.perUser() && this.users.get() == null) {
			throw attributes.mistake("perUser", "true", "nobody says who the user is",
					"Declare a bean of type UserKeyResolver; only a servlet web application has one by default");
		}
		return true;
	}

	/**
	 * What properties say, and the policies that were made from it.
	 *
	 * @param overrides what properties say, by name
	 * @param policies the policies of methods
	 * @param byName the policies by name, for code
	 */
	private record State(Map<String, RateLimitSettings> overrides,
			ConcurrentMap<Method, List<RateLimitPolicy>> policies, ConcurrentMap<String, RateLimitPolicy> byName) {

		private RateLimitSettings of(String name) {
			return this.overrides.getOrDefault(name, RateLimitSettings.NONE);
		}

	}

}
