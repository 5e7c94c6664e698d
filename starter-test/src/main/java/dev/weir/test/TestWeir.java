package dev.weir.test;

import java.time.Duration;

import dev.weir.lease.engine.LeaseManager;
import dev.weir.observe.Events;

import org.springframework.beans.factory.ObjectProvider;

/**
 * Moves the clock, takes leases away and lets Redis fail. Thread-safe.
 * <p>
 * Leases live in real time plus what {@link #advance} adds. Buckets get tokens only by
 * {@link #advance}: how long a test takes does not matter to them.
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
	 * Lets time pass at once, as in a JVM that was paused. Leases whose time is over are
	 * invalid when this returns; callbacks for them and callers that wait hear of it
	 * within half a second.
	 * @param time how much time
	 */
	public void advance(Duration time) {
		if (time.isNegative()) {
			throw new IllegalArgumentException("Time passes forwards only, so not by " + time);
		}
		this.clock.advance(time);
	}

	/**
	 * Takes all leases of a policy away from their holders, as if Redis had been flushed.
	 * The holders know it when this returns.
	 * @param name the name of the policy
	 * @throws IllegalStateException if nobody holds one
	 */
	public void loseLease(String name) {
		if (this.leases.forget(this.keyPrefix + name) == 0) {
			throw new IllegalStateException("Nobody holds a lease of '" + name + "'");
		}
		this.manager.ifAvailable(LeaseManager::renewNow);
	}

	/**
	 * Lets Redis not answer from now on.
	 */
	public void failRedis() {
		this.redis.fail(true);
		this.events.ifAvailable((published) -> published.circuitOpened("The test lets Redis fail"));
	}

	/**
	 * Lets Redis answer again.
	 */
	public void restoreRedis() {
		this.redis.fail(false);
	}

	/**
	 * Lets Redis answer again, takes away all leases that somebody still holds, and fills
	 * all buckets. Done after each test.
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
