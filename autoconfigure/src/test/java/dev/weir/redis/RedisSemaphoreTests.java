package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.engine.Durations;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests semaphores of two instances when Redis is flushed and when holders crash.
 */
@Timeout(60)
class RedisSemaphoreTests {

	private static final int LIMIT = 3;

	/** A machine may stall for two thirds of this time. */
	private static final Duration TTL = Duration.ofSeconds(3);

	private final TestRedis redis = new TestRedis();

	private final List<TestRedis.Instance> instances = new ArrayList<>();

	private final List<LeaseManager> managers = new ArrayList<>();

	@BeforeEach
	void start() {
		for (int i = 0; i < 2; i++) {
			TestRedis.Instance instance = this.redis.connect();
			this.instances.add(instance);
			this.managers
				.add(new LeaseManager(instance.store(), new LeaseSettings(TTL, "test", "" + i), instance.executor()));
		}
	}

	@AfterEach
	void stop() {
		this.managers.forEach(LeaseManager::close);
		this.instances.forEach(TestRedis.Instance::close);
		this.redis.close();
	}

	@Test
	void permitsAndLocksLiveOnWhenTheMemoryIsFull() {
		List<Lease> leases = new ArrayList<>(takeAll());
		LeaseKey lock = new LeaseKey(LeaseKind.LOCK, "lock");
		leases.add(this.managers.get(0).acquire(new LeaseRequest("lock", lock, 1, null, Duration.ZERO, false, "test")));
		this.redis.server().command("CONFIG", "SET", "maxmemory", "1");
		await().during(TTL.plusMillis(500)).atMost(TTL.multipliedBy(4)).until(() -> valid(leases) == leases.size());
		// Waiting does not help, so the caller is answered at once.
		LeaseRequest another = new LeaseRequest("lock", new LeaseKey(LeaseKind.LOCK, "another"), 1, null,
				Duration.ofMinutes(10), false, "test");
		assertThatExceptionOfType(LeaseUnavailableException.class)
			.isThrownBy(() -> this.managers.get(0).acquire(another))
			.withMessageContaining("OOM");
		this.redis.server().command("CONFIG", "SET", "maxmemory", "0");
		leases.forEach(Lease::close);
		this.managers.get(0).acquire(another).close();
	}

	@Test
	void aFlushAllowsAtMostTwiceTheLimitForLessThanOneLease() {
		List<Lease> before = takeAll();
		assertThat(before).hasSize(LIMIT);
		this.redis.server().command("FLUSHALL");
		// An instance counts the permits that it holds, so it takes at most the rest.
		List<Lease> after = takeAll();
		assertThat(after).hasSizeBetween(1, LIMIT);
		await().atMost(TTL).untilAsserted(() -> assertThat(valid(before)).isZero());
		assertThat(valid(after)).isEqualTo(after.size());
		after.addAll(takeAll());
		assertThat(after).hasSize(LIMIT);
		after.forEach(Lease::close);
		before.forEach(Lease::close);
		assertThat(this.redis.server().number("DBSIZE")).isZero();
	}

	@Test
	void thePermitsOfACrashedInstanceAreFreeWithinTheTimeToLive() throws Exception {
		Duration limit = TTL.plusMillis(500);
		assertThat(Durations.best(limit, this::timeUntilThePermitsOfACrashedInstanceAreBack)).isLessThan(limit);
	}

	private Duration timeUntilThePermitsOfACrashedInstanceAreBack() throws Exception {
		TestRedis.Instance instance = this.redis.connect();
		LeaseManager crashed = new LeaseManager(instance.store(), new LeaseSettings(TTL, "test", "crashed"),
				instance.executor());
		List<Lease> lost = new ArrayList<>();
		for (int i = 0; i < LIMIT; i++) {
			lost.add(crashed.acquire(request(Duration.ZERO)));
		}
		instance.close(); // ends all renewals
		List<Lease> taken = new ArrayList<>();
		Duration time = Durations.of(() -> {
			for (int i = 0; i < LIMIT; i++) {
				taken.add(this.managers.get(1).acquire(request(Duration.ofSeconds(20))));
			}
		});
		// The own deadline of a holder is never later than the one in Redis.
		assertThat(valid(lost)).isZero();
		taken.forEach(Lease::close);
		return time;
	}

	private List<Lease> takeAll() {
		List<Lease> leases = new ArrayList<>();
		for (LeaseManager manager : List.of(this.managers.get(0), this.managers.get(1), this.managers.get(0))) {
			try {
				leases.add(manager.acquire(request(Duration.ZERO)));
				leases.add(manager.acquire(request(Duration.ZERO)));
			}
			catch (LeaseBusyException ex) {
				// This instance cannot take any more permits.
			}
		}
		return leases;
	}

	private static long valid(List<Lease> leases) {
		return leases.stream().filter(Lease::isValid).count();
	}

	private static LeaseRequest request(Duration waitTime) {
		return new LeaseRequest("permits", new LeaseKey(LeaseKind.SEMAPHORE, "permits"), LIMIT, null, waitTime, false,
				"test");
	}

}
