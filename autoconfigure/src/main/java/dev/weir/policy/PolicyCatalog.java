package dev.weir.policy;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;

import dev.weir.annotation.RateLimited;
import dev.weir.core.Suggestions;
import dev.weir.lease.LeaseKind;
import dev.weir.policy.PolicyDescription.Source;
import dev.weir.policy.PolicyDescription.Value;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.FailMode;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * Lists all policies with what holds for them now and where that comes from. Thread-safe.
 */
public final class PolicyCatalog {

	private final GuardedMethods methods;

	private final List<LeasePolicies> leases;

	private final RateLimitPolicies rateLimits;

	private final Supplier<List<PathLimit>> pathLimits;

	/**
	 * Creates a catalog.
	 * @param methods the methods that have policies
	 * @param leases the policies of locks, and those of semaphores
	 * @param rateLimits the policies of rate limits
	 * @param pathLimits the rate limits for requests by their path, as they are now
	 */
	public PolicyCatalog(GuardedMethods methods, List<LeasePolicies> leases, RateLimitPolicies rateLimits,
			Supplier<List<PathLimit>> pathLimits) {
		this.methods = methods;
		this.leases = List.copyOf(leases);
		this.rateLimits = rateLimits;
		this.pathLimits = pathLimits;
	}

	/**
	 * Lists the policies.
	 * @return all of them, by kind and name
	 */
	public List<PolicyDescription> all() {
		return Stream.concat(this.leases.stream().flatMap(this::describe), describeRateLimits()).toList();
	}

	/**
	 * Checks that a policy exists: a method or a rule has it, a property mentions it, or
	 * code of this instance has used it.
	 * @param kind its kind
	 * @param name its name
	 * @throws IllegalArgumentException if there is none
	 */
	public void require(String kind, String name) {
		List<String> names = all().stream()
			.filter((policy) -> policy.kind().equals(kind))
			.map(PolicyDescription::name)
			.toList();
		if (!names.contains(name)) {
			String closest = Suggestions.closest(name, names, 3);
			throw new IllegalArgumentException("There is no " + kind + " policy '" + name + "'. "
					+ ((closest != null) ? "Did you mean '" + closest + "'?" : "Known are " + names));
		}
	}

	private static Set<String> union(Set<String> first, Set<String> second) {
		Set<String> all = new TreeSet<>(first);
		all.addAll(second);
		return all;
	}

	private Stream<PolicyDescription> describe(LeasePolicies policies) {
		Map<String, PolicyDescription> found = new TreeMap<>();
		String kind = policies.kind().toString();
		for (Method method : sorted(this.methods.of(policies.annotationType()))) {
			LeasePolicy policy = policies.of(method);
			LeaseAnnotation annotation = LeaseAnnotation.find(policies.kind(), method);
			if (annotation != null) {
				add(found, new PolicyDescription(kind, policy.name(), List.of(LeasePolicies.place(method)),
						values(policy, annotation, policies.overrideOf(policy.name()))));
			}
		}
		for (String name : union(policies.overriddenNames(), policies.usedNames())) {
			found.computeIfAbsent(name, (added) -> new PolicyDescription(kind, name, List.of(),
					values(policies.kind(), policies.overrideOf(name))));
		}
		return found.values().stream();
	}

	private static Map<String, Value> values(LeasePolicy policy, LeaseAnnotation annotation, PolicyOverride override) {
		Map<String, Value> values = new LinkedHashMap<>();
		values.put("enabled", value(policy.enabled(), override.enabled(), false));
		if (policy.kind() == LeaseKind.SEMAPHORE) {
			values.put("limit",
					(policy.limitExpression() != null) ? new Value(annotation.limitExpression(), Source.EXPRESSION)
							: value(policy.limit(), override.limit(), annotation.limit() != 0));
		}
		Value timeout = value(policy.timeout(), override.timeout(), !annotation.timeout().isBlank());
		values.put("timeout", timeout);
		boolean saysWait = override.waitTime() != null || !annotation.waitTime().isBlank();
		values.put("waitTime",
				(saysWait || policy.timeout() == null)
						? value(policy.waitTime(), override.waitTime(), !annotation.waitTime().isBlank())
						: new Value(policy.waitTime(), timeout.source()));
		values.put("onUnavailable",
				value(policy.onUnavailable(), override.onUnavailable(), !annotation.onUnavailable().isEmpty()));
		values.put("onLost", value(policy.onLost(), override.onLost(), !annotation.onLost().isEmpty()));
		return values;
	}

	private static Map<String, Value> values(LeaseKind kind, PolicyOverride override) {
		Map<String, Value> values = new LinkedHashMap<>();
		put(values, "enabled", override.enabled());
		if (kind == LeaseKind.SEMAPHORE) {
			put(values, "limit", override.limit());
		}
		put(values, "timeout", override.timeout());
		put(values, "waitTime", override.waitTime());
		put(values, "onUnavailable", override.onUnavailable());
		put(values, "onLost", override.onLost());
		return values;
	}

	private Stream<PolicyDescription> describeRateLimits() {
		Map<String, PolicyDescription> found = new TreeMap<>();
		for (Method method : sorted(this.methods.of(RateLimited.class))) {
			List<RateLimited> annotations = RateLimitPolicies.annotations(method);
			List<RateLimitPolicy> policies = this.rateLimits.of(method);
			for (int i = 0; i < policies.size(); i++) {
				RateLimitPolicy policy = policies.get(i);
				add(found, new PolicyDescription("rate-limit", policy.name(), List.of(LeasePolicies.place(method)),
						values(policy, annotations.get(i), this.rateLimits.overrideOf(policy.name()))));
			}
		}
		this.pathLimits.get()
			.forEach((limit) -> add(found,
					new PolicyDescription("rate-limit", limit.name(), List.of(limit.path()), values(limit))));
		for (String name : union(this.rateLimits.overriddenNames(), this.rateLimits.usedNames())) {
			found.computeIfAbsent(name, (added) -> new PolicyDescription("rate-limit", name, List.of(),
					values(this.rateLimits.overrideOf(name))));
		}
		return found.values().stream();
	}

	private Map<String, Value> values(PathLimit said) {
		String name = said.name();
		RateLimitSettings settings = this.rateLimits.overrideOf(name);
		Charge charge = this.rateLimits.charge(name, null, false, said.limit(), said.onUnavailable(), said.shadow());
		Map<String, Value> values = new LinkedHashMap<>();
		values.put("enabled", value(this.rateLimits.isEnabled(name), settings.enabled(), false));
		values.put("limit", new Value(charge.limit().limit(), Source.PROPERTY));
		values.put("burst", new Value(charge.limit().burst(), Source.PROPERTY));
		values.put("window", new Value(charge.limit().window(), Source.PROPERTY));
		values.put("cost", value(charge.cost(), settings.cost(), false));
		values.put("onUnavailable", value(charge.failMode(),
				(settings.onUnavailable() != null) ? settings.onUnavailable() : said.onUnavailable(), false));
		values.put("shadow",
				value(charge.shadow(), (settings.shadow() != null || said.shadow()) ? charge.shadow() : null, false));
		return values;
	}

	private static Map<String, Value> values(RateLimitPolicy policy, RateLimited annotation,
			RateLimitSettings settings) {
		Map<String, Value> values = new LinkedHashMap<>();
		values.put("enabled", value(policy.enabled(), settings.enabled(), false));
		RateLimitPolicy.RateExpression expression = policy.limitExpression();
		if (expression != null) {
			values.put("limit", new Value(expression.expression().text(), Source.EXPRESSION));
		}
		else {
			values.put("limit", value(policy.limit().limit(), settings.limit(), true));
			values.put("burst",
					(settings.burst() == null && settings.limit() != null)
							? new Value(policy.limit().burst(), Source.PROPERTY)
							: value(policy.limit().burst(), settings.burst(), true));
		}
		values.put("window", value((expression != null) ? expression.window() : policy.limit().window(),
				settings.effectiveWindow(), !annotation.window().isBlank()));
		RateLimitPolicy.CostExpression cost = policy.costExpression();
		values.put("cost", (cost != null) ? new Value(cost.expression().text(), Source.EXPRESSION)
				: value(policy.cost(), settings.cost(), annotation.cost() != 1));
		values.put("onUnavailable",
				value(policy.failMode(), settings.onUnavailable(), annotation.onUnavailable().length > 0));
		values.put("shadow", value(policy.shadow(), settings.shadow(), annotation.shadow()));
		return values;
	}

	private static Map<String, Value> values(RateLimitSettings settings) {
		Map<String, Value> values = new LinkedHashMap<>();
		put(values, "enabled", settings.enabled());
		Rate limit = settings.limit();
		put(values, "limit", (limit != null) ? limit.limit() : null);
		put(values, "burst", settings.burst());
		put(values, "window", settings.effectiveWindow());
		put(values, "cost", settings.cost());
		put(values, "onUnavailable", settings.onUnavailable());
		put(values, "shadow", settings.shadow());
		return values;
	}

	private static Value value(@Nullable Object effective, @Nullable Object property, boolean annotated) {
		return new Value(effective,
				(property != null) ? Source.PROPERTY : (annotated ? Source.ANNOTATION : Source.DEFAULT));
	}

	private static void put(Map<String, Value> values, String attribute, @Nullable Object property) {
		if (property != null) {
			values.put(attribute, new Value(property, Source.PROPERTY));
		}
	}

	private static void add(Map<String, PolicyDescription> found, PolicyDescription added) {
		found.merge(added.name(), added, (known, again) -> {
			List<String> places = new ArrayList<>(known.methods());
			places.addAll(again.methods());
			return new PolicyDescription(known.kind(), known.name(), places, known.values());
		});
	}

	private static List<Method> sorted(List<Method> methods) {
		return methods.stream().sorted(Comparator.comparing(Method::toGenericString)).toList();
	}

	/**
	 * A rate limit for requests by their path.
	 *
	 * @param name its name
	 * @param path the path that it concerns
	 * @param limit the limit
	 * @param onUnavailable what happens when the store does not answer, {@code null} if
	 * not said
	 * @param shadow whether a denial is only counted and reported
	 */
	public record PathLimit(String name, String path, RateLimit limit, @Nullable FailMode onUnavailable,
			boolean shadow) {

	}

}
