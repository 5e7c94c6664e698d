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
 * @param policies the policies of a method at a place
 * @param overriddenNames the names that properties mention and that need a method
 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
 */
public record Guarding(GuardAnnotation annotation, String kind, String property, boolean untilTheEnd,
		BiFunction<Method, String, List<Known>> policies, Supplier<Set<String>> overriddenNames,
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
		return new Guarding(
				(policies.kind() == LeaseKind.LOCK) ? GuardAnnotation.DISTRIBUTED_LOCK : GuardAnnotation.SEMAPHORE,
				kind, "weir." + kind + ".policies", true, (method, place) -> List.of(known(policies.of(method), place)),
				() -> without(policies.overriddenNames(), usedElsewhere), aspectBeanName);
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
				(method, place) -> policies.of(method).stream().map((policy) -> known(policy, place)).toList(),
				() -> without(policies.overriddenNames(), rules), aspectBeanName);
	}

	/**
	 * Guards by transactions on Redis.
	 * @param policies what the annotations say
	 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
	 * @return what is guarded
	 */
	public static Guarding of(TransactionPolicies policies, @Nullable String aspectBeanName) {
		return new Guarding(GuardAnnotation.REDIS_TRANSACTIONAL, "Redis transaction", "weir.transaction", false,
				(method, place) -> {
					policies.of(method);
					requireResultOnReturn(method, place);
					return List.of();
				}, Set::of, aspectBeanName);
	}

	private static Set<String> without(Set<String> names, Set<String> usedElsewhere) {
		return names.stream().filter((name) -> !usedElsewhere.contains(name)).collect(Collectors.toSet());
	}

	private static void requireResultOnReturn(Method method, String place) {
		if (ResultKind.of(method) != ResultKind.PLAIN) {
			throw new InvalidPolicyException(List.of(new PolicyMistake(place, "@RedisTransactional",
					"it returns " + ResolvableType.forMethodReturnType(method)
							+ ", and what it writes after it has returned would not be a part of the transaction",
					"Return a plain value, or use RedisTransactionOperations.executeAsync")));
		}
	}

	private static Known known(LeasePolicy policy, String place) {
		return new Known("lease:", policy.kind().toString(), policy.name(), policy.limit(),
				policy.limitExpression() != null, !policy.keys().isEmpty(), place);
	}

	private static Known known(RateLimitPolicy policy, String place) {
		return new Known("bucket:", "rate limit", policy.name(), policy.limit(), policy.limitExpression() != null,
				policy.perUser() || policy.key() != null, place);
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
	 * @param place the class and method
	 */
	record Known(String keySpace, String kind, String name, Object limit, boolean varies, boolean keyed, String place) {

		@Nullable String conflict(Known other) {
			if (!this.kind.equals(other.kind)) {
				return "the " + other.kind + " of " + other.place + " has the same name, and so the same keys";
			}
			return (this.limit.equals(other.limit) || this.varies || other.varies) ? null
					: "it has the limit " + this.limit + ", and " + other.place + " the limit " + other.limit;
		}

	}

}
