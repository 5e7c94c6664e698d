package dev.weir.aop;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import dev.weir.lease.engine.Campaigns;
import dev.weir.policy.LeaderPolicies;
import dev.weir.policy.expression.Invocation;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

/**
 * Runs methods with {@link dev.weir.annotation.RunsOnLeader} under the lease of their
 * role, and skips them in the other instances. Thread-safe.
 */
public final class RunsOnLeaderAspect implements MethodInterceptor {

	private final Campaigns leaders;

	private final LeaderPolicies policies;

	private final ConcurrentMap<String, LeaseAdvice> advice = new ConcurrentHashMap<>();

	/**
	 * Creates an aspect.
	 * @param leaders the campaigns for the roles
	 * @param policies the roles of methods
	 */
	public RunsOnLeaderAspect(Campaigns leaders, LeaderPolicies policies) {
		this.leaders = leaders;
		this.policies = policies;
	}

	@Override
	public @Nullable Object invoke(MethodInvocation call) throws Throwable {
		Invocation invocation = LeaseAdvice.invocation(call);
		LeaderPolicies.Role role = this.policies.of(invocation.getMethod());
		return this.advice.computeIfAbsent(role.name(), (name) -> new LeaseAdvice(this.leaders.of(name).template()))
			.around(role.policy(), invocation, call);
	}

}
