package dev.weir.aop;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import dev.weir.lease.LeaseKind;
import dev.weir.policy.InvalidPolicyException;
import dev.weir.policy.LeasePolicies;
import dev.weir.policy.LeasePolicy;
import dev.weir.policy.PolicyMistake;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.RateLimitPolicy;
import dev.weir.policy.TransactionPolicies;
import org.jspecify.annotations.Nullable;

import org.springframework.core.ResolvableType;

/**
 * One annotation, and what guards its methods.
 *
 * @param annotation the annotation
 * @param kind what it makes, in messages
 * @param property the properties of its policies
 * @param untilTheEnd whether it must be known when the work of a method ends
 * @param policies the policies of a method at a location
 * @param configuredNames the names that properties mention and that need a method
 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
 */
public record Guarding(GuardAnnotation annotation, String kind, String property, boolean untilTheEnd,
		BiFunction<Method, String, List<Known>> policies, Supplier<Set<String>> configuredNames,
		@Nullable String aspectBeanName) {

	/**
	 * Guards by leases.
	 * @param policies the policies of the annotation
	 * @param usedElsewhere the names of policies that need no annotation
	 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
	 * @return what is guarded
	 */
	public static Guarding of(LeasePolicies policies, Set<String> usedElsewhere, @Nullable String aspectBeanName) {
		String kind = policies.kind().toString();
		return new Guarding(annotation(policies.kind()), kind, "weir." + kind + ".policies", true,
				(method, location) -> List.of(known(policies.of(method), location)),
				() -> without(policies.configuredNames(), usedElsewhere), aspectBeanName);
	}

	/**
	 * Guards by rate limits.
	 * @param policies the policies
	 * @param rules the names of limits for requests by their path, which properties may
	 * mention, too
	 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
	 * @return what is guarded
	 */
	public static Guarding of(RateLimitPolicies policies, Set<String> rules, @Nullable String aspectBeanName) {
		return new Guarding(GuardAnnotation.RATE_LIMITED, "rate limit", "weir.rate-limit.policies", false,
				(method, location) -> policies.of(method).stream().map((policy) -> known(policy, location)).toList(),
				() -> without(policies.configuredNames(), rules), aspectBeanName);
	}

	/**
	 * Guards by transactions on Redis.
	 * @param policies what the annotations say
	 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
	 * @return what is guarded
	 */
	public static Guarding of(TransactionPolicies policies, @Nullable String aspectBeanName) {
		return new Guarding(GuardAnnotation.REDIS_TRANSACTIONAL, "Redis transaction", "weir.transaction", false,
				(method, location) -> {
					policies.of(method);
					requireResultOnReturn(method, location);
					return List.of();
				}, Set::of, aspectBeanName);
	}

	private static GuardAnnotation annotation(LeaseKind kind) {
		return switch (kind) {
			case LOCK -> GuardAnnotation.DISTRIBUTED_LOCK;
			case SEMAPHORE -> GuardAnnotation.SEMAPHORE;
		};
	}

	private static Set<String> without(Set<String> names, Set<String> usedElsewhere) {
		return names.stream().filter((name) -> !usedElsewhere.contains(name)).collect(Collectors.toSet());
	}

	private static void requireResultOnReturn(Method method, String location) {
		if (ResultKind.of(method) != ResultKind.PLAIN) {
			throw new InvalidPolicyException(List.of(new PolicyMistake(location, "@RedisTransactional",
					"it returns " + ResolvableType.forMethodReturnType(method)
							+ ", and what it writes after it has returned would not be a part of the transaction",
					"Return a plain value, or use RedisTransactionOperations.executeAsync")));
		}
	}

	private static Known known(LeasePolicy policy, String location) {
		return new Known("lease:", policy.kind().toString(), policy.name(),
				String.valueOf(policy.values().limit().value()), policy.limitExpression() != null, policy.isKeyed(),
				location);
	}

	private static Known known(RateLimitPolicy policy, String location) {
		return new Known("bucket:", "rate limit", policy.name(), policy.limit(), policy.limitExpression() != null,
				policy.isKeyed(), location);
	}

	String label() {
		return this.annotation.toString();
	}

	/**
	 * A policy that was found.
	 *
	 * @param keySpace policies whose keys could meet in Redis have the same
	 * @param kind its kind
	 * @param name its name
	 * @param limit its limit
	 * @param varies whether each call has a limit of its own
	 * @param keyed whether calls have keys of their own
	 * @param location the class and method
	 */
	record Known(String keySpace, String kind, String name, Object limit, boolean varies, boolean keyed,
			String location) {

		@Nullable String conflict(Known other) {
			if (!this.kind.equals(other.kind)) {
				return "the " + other.kind + " of " + other.location + " has the same name, and so the same keys";
			}
			return (this.limit.equals(other.limit) || this.varies || other.varies) ? null
					: "it has the limit " + this.limit + ", and " + other.location + " the limit " + other.limit;
		}

	}

}
