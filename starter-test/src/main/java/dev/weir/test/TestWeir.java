package dev.weir.test;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

import dev.weir.lease.Leaders;
import dev.weir.lease.Leadership;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.observe.Events;
import dev.weir.policy.LeaderPolicies;

import org.springframework.beans.factory.ObjectProvider;

/**
 * Moves the clock, takes leases away and makes Redis fail. Thread-safe.
 * <p>
 * Leases expire by the real time plus the time that {@link #advance} adds. Buckets get
 * tokens only from {@link #advance}, so they do not depend on the duration of a test.
 */
public final class TestWeir {

	private static final Duration LONGEST_CAMPAIGN = Duration.ofSeconds(10);

	private final String keyPrefix;

	private final FailingSwitch redis;

	private final TestClock clock;

	private final TestLeaseStore leases;

	private final TestBucketStore buckets;

	private final ObjectProvider<LeaseManager> manager;

	private final ObjectProvider<Events> events;

	private final ObjectProvider<Leaders> leaders;

	private final SkippedCalls skipped;

	TestWeir(String keyPrefix, FailingSwitch redis, TestClock clock, TestLeaseStore leases, TestBucketStore buckets,
			ObjectProvider<LeaseManager> manager, ObjectProvider<Events> events, ObjectProvider<Leaders> leaders,
			SkippedCalls skipped) {
		this.keyPrefix = keyPrefix;
		this.redis = redis;
		this.clock = clock;
		this.leases = leases;
		this.buckets = buckets;
		this.manager = manager;
		this.events = events;
		this.leaders = leaders;
		this.skipped = skipped;
	}

	/**
	 * Moves the clock forward at once, as in a JVM that was paused. Expired leases are
	 * invalid when this method returns; their callbacks and the callers that wait are
	 * notified within half a second.
	 * @param time the time to add
	 */
	public void advance(Duration time) {
		if (time.isNegative()) {
			throw new IllegalArgumentException("The clock can only move forward, not by " + time);
		}
		this.clock.advance(time);
	}

	/**
	 * Takes all leases of a policy away from their holders, as if Redis had been flushed.
	 * The holders have lost them when this method returns.
	 * @param name the name of the policy
	 * @throws IllegalStateException if no lease of the policy is held
	 */
	public void loseLease(String name) {
		if (this.leases.forget(this.keyPrefix + name) == 0) {
			throw new IllegalStateException("No lease of '" + name + "' is held");
		}
		this.manager.ifAvailable(LeaseManager::renewNow);
	}

	/**
	 * Makes the application the leader of a role. At the beginning of each test, it is
	 * not the leader of any role.
	 * @param role the name of the role
	 * @throws IllegalStateException if the application does not campaign for the role
	 */
	public void grantLeadership(String role) {
		Leadership leadership = this.leaders.getObject().of(role);
		this.leases.grant(keyOf(LeaderPolicies.nameOf(role)));
		long end = System.nanoTime() + LONGEST_CAMPAIGN.toNanos();
		while (!leadership.isLeader()) {
			if (System.nanoTime() - end > 0) {
				throw new IllegalStateException("The application does not campaign for '" + role
						+ "': is the role disabled by a property, or does the test make Redis fail?");
			}
			LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
		}
	}

	/**
	 * Takes the leadership of a role away from the application, as if another instance
	 * had become the leader. The application is no longer the leader when this method
	 * returns.
	 * @param role the name of the role
	 * @throws IllegalStateException if the application is not the leader
	 */
	public void loseLeadership(String role) {
		if (!this.leaders.getObject().of(role).isLeader()) {
			throw new IllegalStateException("The application is not the leader of '" + role + "'");
		}
		this.leases.withdraw(keyOf(LeaderPolicies.nameOf(role)));
		this.manager.ifAvailable(LeaseManager::renewNow);
	}

	/**
	 * Simulates an outage: Redis does not answer from now on.
	 */
	public void failRedis() {
		this.redis.fail(true);
		this.events.ifAvailable((published) -> published.circuitOpened("redis", "The test makes Redis fail"));
	}

	/**
	 * Ends the simulated outage: Redis answers again.
	 */
	public void restoreRedis() {
		this.redis.fail(false);
	}

	/**
	 * Ends the simulated outage, takes away all leases that are still held, and fills all
	 * buckets. Called after each test.
	 */
	public void reset() {
		restoreRedis();
		this.leases.clear();
		this.buckets.clear();
		this.skipped.clear();
		this.manager.ifAvailable(LeaseManager::renewNow);
	}

	String keyOf(String policy) {
		return this.keyPrefix + policy;
	}

	SkippedCalls skipped() {
		return this.skipped;
	}

	TestLeaseStore leases() {
		return this.leases;
	}

	TestBucketStore buckets() {
		return this.buckets;
	}

}
