package dev.weir.aop;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import dev.weir.lease.LeaseKind;
import dev.weir.policy.LeaderPolicies;
import dev.weir.policy.LeasePolicies;
import dev.weir.policy.LeasePolicy;
import dev.weir.policy.PolicyMistake;
import dev.weir.policy.PolicyNames;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.RateLimitPolicy;
import dev.weir.policy.TransactionPolicies;
import dev.weir.policy.result.ResultKind;
import org.jspecify.annotations.Nullable;

/**
 * One annotation, with the policies and the aspect that guard its methods.
 *
 * @param annotation the annotation
 * @param kind the kind of its policies, for messages
 * @param property the prefix of the properties of its policies
 * @param results the results that its methods may have
 * @param policies the function that returns the policies of a method at a location
 * @param configuredNames the supplier of the names in properties that need a method
 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
 */
public record Guarding(GuardAnnotation annotation, String kind, String property, Results results,
		BiFunction<Method, String, List<Known>> policies, Supplier<Set<String>> configuredNames,
		@Nullable String aspectBeanName) {

	private static final String ROLE = "leader role";

	/**
	 * Creates the guarding of methods by leases.
	 * @param policies the policies of the annotation
	 * @param usedElsewhere the names of policies that need no annotation
	 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
	 * @return the guarding
	 */
	public static Guarding of(LeasePolicies policies, Set<String> usedElsewhere, @Nullable String aspectBeanName) {
		String kind = policies.kind().toString();
		return new Guarding(annotation(policies.kind()), kind, "weir." + kind + ".policies", Results.UNTIL_THE_END,
				(method, location) -> List.of(known(policies.of(method), location)),
				() -> without(without(policies.configuredNames(), usedElsewhere), policies.usedNames()),
				aspectBeanName);
	}

	/**
	 * Creates the guarding of methods by rate limits.
	 * @param policies the policies
	 * @param rules the names of the limits for requests by their path, which may have
	 * properties, too
	 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
	 * @return the guarding
	 */
	public static Guarding of(RateLimitPolicies policies, Set<String> rules, @Nullable String aspectBeanName) {
		return new Guarding(GuardAnnotation.RATE_LIMITED, "rate limit", "weir.rate-limit.policies", Results.ANY,
				(method, location) -> policies.of(method).stream().map((policy) -> known(policy, location)).toList(),
				() -> without(without(policies.configuredNames(), rules), policies.usedNames()), aspectBeanName);
	}

	/**
	 * Creates the guarding of methods by transactions on Redis.
	 * @param policies the options of the annotations
	 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
	 * @return the guarding
	 */
	public static Guarding of(TransactionPolicies policies, @Nullable String aspectBeanName) {
		return new Guarding(GuardAnnotation.REDIS_TRANSACTIONAL, "Redis transaction", "weir.transaction",
				Results.AT_RETURN, (method, location) -> {
					policies.of(method);
					return List.of();
				}, Set::of, aspectBeanName);
	}

	/**
	 * Creates the guarding of methods that run on the leader of a role.
	 * @param policies the roles of methods
	 * @param usedElsewhere the names of roles that need no annotation
	 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
	 * @return the guarding
	 */
	public static Guarding of(LeaderPolicies policies, Set<String> usedElsewhere, @Nullable String aspectBeanName) {
		return new Guarding(GuardAnnotation.RUNS_ON_LEADER, ROLE, "weir.leader.roles", Results.UNTIL_THE_END,
				(method, location) -> List
					.of(new Known("leader:", ROLE, policies.of(method).name(), 1, false, location)),
				() -> without(policies.configuredNames(), usedElsewhere), aspectBeanName);
	}

	private static GuardAnnotation annotation(LeaseKind kind) {
		return switch (kind) {
			case LOCK -> GuardAnnotation.DISTRIBUTED_LOCK;
			case SEMAPHORE -> GuardAnnotation.SEMAPHORE;
		};
	}

	private static Set<String> without(Set<String> names, Set<String> usedElsewhere) {
		return names.stream()
			.filter((name) -> usedElsewhere.stream().noneMatch((policy) -> PolicyNames.isFor(name, policy)))
			.collect(Collectors.toSet());
	}

	private static Known known(LeasePolicy policy, String location) {
		return new Known("lease:", policy.kind().toString(), policy.name(),
				String.valueOf(policy.values().limit().value()), policy.limitExpression() != null, location);
	}

	private static Known known(RateLimitPolicy policy, String location) {
		return new Known("bucket:", "rate limit", policy.name(), policy.limit(), policy.limitExpression() != null,
				location);
	}

	/**
	 * Returns the mistake in the declared result of a method.
	 * @param method the method
	 * @param beanClass the class of the bean
	 * @param location the class and method
	 * @return the mistake, {@code null} if the method may have this result
	 */
	@Nullable PolicyMistake resultMistake(Method method, Class<?> beanClass, String location) {
		ResultKind kind = ResultKind.of(method, beanClass);
		if (this.results == Results.UNTIL_THE_END && ResultKind.isSuspending(method)) {
			return new PolicyMistake(location, label(),
					"the method is a suspending function of Kotlin, and Weir cannot detect when its work ends",
					"Return a Mono (mono { … } of kotlinx-coroutines-reactor), or guard a function that does not suspend");
		}
		if (this.results == Results.UNTIL_THE_END && kind == ResultKind.UNKNOWN) {
			return new PolicyMistake(location, label(),
					"the method returns " + ResultKind.declaredType(method, beanClass)
							+ ", and Weir cannot detect when the work behind this result ends",
					"Return a plain value, a CompletionStage or a reactive type, or guard the method that does the work");
		}
		if (this.results == Results.AT_RETURN && kind != ResultKind.PLAIN) {
			return new PolicyMistake(location, label(),
					"the method returns " + ResultKind.declaredType(method, beanClass)
							+ ", and writes after the return would not be a part of the transaction",
					"Return a plain value, or use RedisTransactionOperations.executeAsync");
		}
		return null;
	}

	String label() {
		return this.annotation.toString();
	}

	/**
	 * The results that guarded methods may have.
	 */
	public enum Results {

		/** Any result. */
		ANY,

		/** Results whose work ends when Weir can detect it. */
		UNTIL_THE_END,

		/** Results whose work ends when the method returns. */
		AT_RETURN

	}

	/**
	 * A policy of a method that was checked.
	 *
	 * @param keySpace the key space; only policies with the same key space could have
	 * equal keys in Redis
	 * @param kind its kind
	 * @param name its name
	 * @param limit its limit
	 * @param varies whether the limit depends on the call
	 * @param location the class and method
	 */
	record Known(String keySpace, String kind, String name, Object limit, boolean varies, String location) {

		@Nullable String conflict(Known other) {
			return (this.limit.equals(other.limit) || this.varies || other.varies) ? null
					: "the limit of this method is " + this.limit + ", but the limit of " + other.location + " is "
							+ other.limit;
		}

	}

}
