package dev.weir.observe;

import dev.weir.lease.Leadership;
import dev.weir.lease.LeadershipListener;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Shows for each role whether this instance is its leader.
 *
 * @param registry the registry of the meters
 */
public record LeadershipMetrics(MeterRegistry registry) implements LeadershipListener {

	@Override
	public void added(Leadership leadership) {
		Gauge.builder("weir.leader", leadership, (role) -> role.isLeader() ? 1 : 0)
			.description("1 if this instance is the leader of the role, 0 if not")
			.tag("role", leadership.role())
			.strongReference(true)
			.register(this.registry);
	}

}
