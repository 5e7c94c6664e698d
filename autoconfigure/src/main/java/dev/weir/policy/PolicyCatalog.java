package dev.weir.policy;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;

import dev.weir.annotation.RateLimited;
import dev.weir.core.Suggestions;

/**
 * Lists all policies with the values in force and their sources. Thread-safe.
 */
public final class PolicyCatalog {

	private final GuardedMethods methods;

	private final List<LeasePolicies> leases;

	private final RateLimitPolicies rateLimits;

	private final Supplier<List<PathLimit>> pathLimits;

	/**
	 * Creates a catalog.
	 * @param methods the methods that have policies
	 * @param leases the policies of locks and the policies of semaphores
	 * @param rateLimits the policies of rate limits
	 * @param pathLimits the supplier of the current rate limits for requests by their
	 * path
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
	 * @return all policies, sorted by kind and name
	 */
	public List<PolicyDescription> all() {
		return Stream.concat(this.leases.stream().flatMap(this::describe), describeRateLimits()).toList();
	}

	/**
	 * Returns a policy. A policy exists if a method or a rule has it, if a property names
	 * it, or if code of this instance has used it.
	 * @param kind its kind
	 * @param name its name
	 * @return the policy with the values in force
	 * @throws IllegalArgumentException if there is no such policy
	 */
	public PolicyDescription get(PolicyKind kind, String name) {
		List<PolicyDescription> ofKind = all().stream().filter((policy) -> policy.kind() == kind).toList();
		return ofKind.stream().filter((policy) -> policy.name().equals(name)).findFirst().orElseThrow(() -> {
			List<String> names = ofKind.stream().map(PolicyDescription::name).toList();
			String closest = Suggestions.closest(name, names, 3);
			return new IllegalArgumentException("There is no " + kind + " policy '" + name + "'. "
					+ ((closest != null) ? "Did you mean '" + closest + "'?" : "The known names are " + names));
		});
	}

	private Stream<PolicyDescription> describe(LeasePolicies policies) {
		PolicyKind kind = PolicyKind.of(policies.kind());
		Map<String, PolicyDescription> found = new TreeMap<>();
		for (Method method : sorted(this.methods.of(policies.annotationType()))) {
			LeasePolicy policy = policies.of(method);
			add(found, new PolicyDescription(kind, policy.name(), List.of(GuardedMethods.location(method)),
					policy.valuesByName()));
		}
		for (String name : others(policies.configuredNames(), policies.usedNames(), found.keySet())) {
			found.computeIfAbsent(name, (added) -> new PolicyDescription(kind, name, List.of(),
					LeaseValues.byName(policies.settingsOf(name))));
		}
		return found.values().stream();
	}

	private Stream<PolicyDescription> describeRateLimits() {
		Map<String, PolicyDescription> found = new TreeMap<>();
		for (Method method : sorted(this.methods.of(RateLimited.class))) {
			this.rateLimits.of(method)
				.forEach((policy) -> add(found, new PolicyDescription(PolicyKind.RATE_LIMIT, policy.name(),
						List.of(GuardedMethods.location(method)), policy.valuesByName())));
		}
		this.pathLimits.get()
			.forEach((limit) -> add(found, new PolicyDescription(PolicyKind.RATE_LIMIT, limit.name(),
					List.of(limit.path()), this.rateLimits.resolve(limit.name(), limit.rule()).byName())));
		for (String name : others(this.rateLimits.configuredNames(), this.rateLimits.usedNames(), found.keySet())) {
			found.computeIfAbsent(name, (added) -> new PolicyDescription(PolicyKind.RATE_LIMIT, name, List.of(),
					RateLimitValues.byName(this.rateLimits.settingsOf(name))));
		}
		return found.values().stream();
	}

	/**
	 * Returns the names in properties and code that are not for a policy found before.
	 * @param configured the names in properties
	 * @param used the names that code has used
	 * @param found the names of the policies found before
	 * @return the other names
	 */
	private static Set<String> others(Set<String> configured, Set<String> used, Set<String> found) {
		Set<String> known = new TreeSet<>(found);
		known.addAll(used);
		Set<String> others = new TreeSet<>(used);
		configured.stream()
			.filter((name) -> known.stream().noneMatch((policy) -> PolicyNames.isFor(name, policy)))
			.forEach(others::add);
		return others;
	}

	private static void add(Map<String, PolicyDescription> found, PolicyDescription added) {
		found.merge(added.name(), added, (known, again) -> {
			List<String> all = new ArrayList<>(known.methods());
			all.addAll(again.methods());
			return new PolicyDescription(known.kind(), known.name(), all, known.values());
		});
	}

	private static List<Method> sorted(List<Method> methods) {
		return methods.stream().sorted(Comparator.comparing(Method::toGenericString)).toList();
	}

	/**
	 * A rate limit for requests by their path.
	 *
	 * @param name its name
	 * @param path its path
	 * @param rule its attributes
	 */
	public record PathLimit(String name, String path, RateLimitAttributes rule) {

	}

}
