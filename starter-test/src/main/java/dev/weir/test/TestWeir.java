package dev.weir.test;

import java.time.Duration;

import dev.weir.lease.engine.LeaseManager;
import dev.weir.observe.Events;

import org.springframework.beans.factory.ObjectProvider;

/**
 * Moves the clock, takes leases away and makes Redis fail. Thread-safe.
 * <p>
 * Leases expire by the real time plus the time that {@link #advance} adds. Buckets get
 * tokens only from {@link #advance}, so they do not depend on the duration of a test.
 */
public final class TestWeir {

	private final String keyPrefix;

	private final FailingSwitch redis;

	private final TestClock clock;

	private final TestLeaseStore leases;

	private final TestBucketStore buckets;

	private final ObjectProvider<LeaseManager> manager;

	private final ObjectProvider<Events> events;

	TestWeir(String keyPrefix, FailingSwitch redis, TestClock clock, TestLeaseStore leases, TestBucketStore buckets,
			ObjectProvider<LeaseManager> manager, ObjectProvider<Events> events) {
		this.keyPrefix = keyPrefix;
		this.redis = redis;
		this.clock = clock;
		this.leases = leases;
		this.buckets = buckets;
		this.manager = manager;
		this.events = events;
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
		this.manager.ifAvailable(LeaseManager::renewNow);
	}

	String keyOf(String policy) {
		return this.keyPrefix + policy;
	}

	TestLeaseStore leases() {
		return this.leases;
	}

	TestBucketStore buckets() {
		return this.buckets;
	}

}
