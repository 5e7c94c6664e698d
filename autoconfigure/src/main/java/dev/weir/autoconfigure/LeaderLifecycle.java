package dev.weir.autoconfigure;

import dev.weir.annotation.RunsOnLeader;
import dev.weir.lease.engine.Campaigns;
import dev.weir.policy.GuardedMethods;
import dev.weir.policy.LeaderPolicies;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.SmartLifecycle;

/**
 * Lets this instance campaign from the end of its start on, and gives its roles to other
 * instances as the first step of its end: before a web server waits for its requests, for
 * instance. Calls that run under a role keep it until they have ended.
 */
final class LeaderLifecycle implements SmartLifecycle {

	private final Campaigns leaders;

	private final LeaderPolicies policies;

	private final ObjectProvider<GuardedMethods> methods;

	LeaderLifecycle(Campaigns leaders, LeaderPolicies policies, ObjectProvider<GuardedMethods> methods) {
		this.leaders = leaders;
		this.policies = policies;
		this.methods = methods;
	}

	@Override
	public void start() {
		this.methods.stream()
			.flatMap((guarded) -> guarded.of(RunsOnLeader.class).stream())
			.forEach((method) -> this.leaders.of(this.policies.of(method).name()));
		this.leaders.start();
	}

	@Override
	public void stop() {
		this.leaders.stop();
	}

	@Override
	public void stop(Runnable callback) {
		this.leaders.stop().whenComplete((stopped, failure) -> callback.run());
	}

	@Override
	public boolean isRunning() {
		return this.leaders.isRunning();
	}

}
