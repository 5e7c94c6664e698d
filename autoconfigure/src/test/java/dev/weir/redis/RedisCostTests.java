package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.lease.EnclosingWork;
import dev.weir.lease.Leadership;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.Campaigns;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.lease.engine.ManualTimer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests the number of calls that leases cost, as counted by Redis.
 */
@Timeout(60)
class RedisCostTests {

	private static final LeaseSettings SETTINGS = new LeaseSettings(Duration.ofSeconds(30), "test", "");

	private static TestRedis redis;

	private static List<TestRedis.Instance> instances;

	private static LeaseManager here;

	private static LeaseManager elsewhere;

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		instances = List.of(redis.connect(), redis.connect());
		here = manager(0);
		elsewhere = manager(1);
		// Scripts are loaded and channels subscribed to when they are first needed.
		for (LeaseKind kind : LeaseKind.values()) {
			for (LeaseManager manager : List.of(here, elsewhere)) {
				try (Lease lease = manager.acquire(request(kind, Duration.ZERO))) {
					assertThatExceptionOfType(LeaseBusyException.class).isThrownBy(
							() -> ((manager != here) ? here : elsewhere).acquire(request(kind, Duration.ofMillis(1))));
				}
			}
		}
	}

	@AfterAll
	static void stop() {
		here.close();
		elsewhere.close();
		instances.forEach(TestRedis.Instance::close);
		redis.close();
	}

	@BeforeEach
	void reset() {
		// A waiter that has given up leaves the queue a little later, which costs a call.
		await().until(() -> redis.server().number("DBSIZE") == 0);
		redis.resetCommandCounts();
	}

	@ParameterizedTest
	@EnumSource
	void aFreeLeaseCostsTwoScriptCallsAndNoPublish(LeaseKind kind) {
		for (int i = 0; i < 10; i++) {
			here.acquire(request(kind, Duration.ofSeconds(10))).close();
		}
		assertThat(redis.scriptCalls()).isEqualTo(20);
		assertThat(redis.commandCalls("publish")).isZero();
		assertThat(redis.commandCalls("subscribe")).isZero();
	}

	@ParameterizedTest
	@EnumSource
	void aHandOffCostsNothing(LeaseKind kind) throws Exception {
		// The clock stands still, because leases are handed on for 50 ms only.
		try (TestRedis.Instance instance = redis.connect();
				LeaseManager manager = new ManualTimer().manager(instance.store(), SETTINGS, instance.executor())) {
			// The first call connects, which costs further calls.
			manager.acquire(request(kind, Duration.ZERO)).close();
			redis.resetCommandCounts();
			Lease first = manager.acquire(request(kind, Duration.ZERO));
			List<CompletableFuture<?>> waiters = new ArrayList<>();
			for (int i = 0; i < 5; i++) {
				waiters.add(manager.acquireAsync(request(kind, Duration.ofSeconds(10)))
					.thenAccept(Lease::close)
					.toCompletableFuture());
			}
			first.close();
			CompletableFuture.allOf(waiters.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
		}
		// One call to acquire, one to release, and none for five hand-offs.
		assertThat(redis.scriptCalls()).isEqualTo(2);
		assertThat(redis.commandCalls("publish")).isZero();
	}

	@ParameterizedTest
	@EnumSource
	void aSkippedCallCostsOneScriptCall(LeaseKind kind) {
		try (Lease lease = here.acquire(request(kind, Duration.ZERO))) {
			redis.resetCommandCounts();
			for (int i = 0; i < 10; i++) {
				assertThatExceptionOfType(LeaseBusyException.class)
					.isThrownBy(() -> elsewhere.acquire(request(kind, Duration.ZERO)));
			}
			assertThat(lease.isValid()).isTrue();
			assertThat(redis.scriptCalls()).isEqualTo(10);
		}
	}

	@Test
	void aLockThatIsKeptCostsTwoScriptCalls() {
		LeaseKey key = new LeaseKey(LeaseKind.LOCK, "cost:kept");
		LeaseRequest request = new LeaseRequest("cost", key, 1, null, Duration.ofSeconds(20), false, "test")
			.keptFor(Duration.ofMillis(100));
		// Loads the script.
		here.acquire(request).close();
		await().until(() -> redis.server().number("EXISTS", key.value()) == 0);
		redis.resetCommandCounts();
		here.acquire(request).close();
		await().until(() -> redis.server().number("EXISTS", key.value()) == 0);
		assertThat(redis.scriptCalls()).isEqualTo(2);
	}

	@Test
	void aLeaderCostsOneScriptCallPerThirdOfItsTimeToLive() {
		Duration ttl = Duration.ofMillis(600);
		LeaseRequest request = new LeaseRequest("cost", new LeaseKey(LeaseKind.LOCK, "cost:leader"), 1, null,
				LeaseRequest.FOREVER, true, "test")
			.livingFor(ttl);
		try (Campaigns campaigns = new Campaigns(new LeaseTemplate(here, EnclosingWork.NONE), (role) -> request,
				(role) -> true, List.of())) {
			campaigns.start();
			Leadership leadership = campaigns.of("cost");
			await().until(leadership::isLeader);
			await().until(() -> redis.scriptCalls() > 1);
			redis.resetCommandCounts();
			long begin = System.nanoTime();
			await().until(() -> System.nanoTime() - begin > ttl.multipliedBy(2).toNanos());
			assertThat(leadership.tryRun(() -> {
			})).isTrue();
			long thirds = (System.nanoTime() - begin) / ttl.dividedBy(3).toNanos();
			assertThat(redis.scriptCalls()).isBetween(2L, thirds + 1);
		}
		redis.server().command("DEL", "{cost:leader}%fence");
	}

	@ParameterizedTest
	@EnumSource
	void aWaiterThatWaitsForASecondCostsAtMostSixCalls(LeaseKind kind) {
		try (Lease lease = here.acquire(request(kind, Duration.ZERO))) {
			redis.resetCommandCounts();
			assertThatExceptionOfType(LeaseBusyException.class)
				.isThrownBy(() -> elsewhere.acquire(request(kind, Duration.ofSeconds(1))));
			assertThat(lease.isValid()).isTrue();
		}
		// Without the release, and with the call that leaves the queue.
		assertThat(redis.scriptCalls() - 1).isBetween(2L, 6L);
	}

	@ParameterizedTest
	@EnumSource
	void manyWaitersOfOneInstanceCostAsMuchAsOne(LeaseKind kind) throws Exception {
		try (Lease lease = here.acquire(request(kind, Duration.ZERO))) {
			redis.resetCommandCounts();
			List<CompletableFuture<Lease>> waiters = new ArrayList<>();
			for (int i = 0; i < 100; i++) {
				waiters.add(elsewhere.acquireAsync(request(kind, Duration.ofSeconds(1))).toCompletableFuture());
			}
			for (CompletableFuture<Lease> waiter : waiters) {
				assertThat(waiter).failsWithin(Duration.ofSeconds(20));
			}
			assertThat(lease.isValid()).isTrue();
		}
		assertThat(redis.scriptCalls() - 1).isBetween(2L, 8L);
	}

	@Test
	void aHandOverToAnotherInstanceCostsOnePublish() throws Exception {
		// The clock of the waiter stands still, so it does not ask again by itself.
		try (TestRedis.Instance instance = redis.connect();
				LeaseManager waiting = new ManualTimer().manager(instance.store(), SETTINGS, instance.executor())) {
			Lease first = here.acquire(request(LeaseKind.LOCK, Duration.ZERO));
			CompletableFuture<Lease> waiter = waiting.acquireAsync(request(LeaseKind.LOCK, Duration.ofSeconds(10)))
				.toCompletableFuture();
			await().until(() -> redis.server().number("EXISTS", "{cost:LOCK}%waiters") == 1);
			redis.resetCommandCounts();
			first.close();
			waiter.get(20, TimeUnit.SECONDS).close();
		}
		assertThat(redis.scriptCalls()).isEqualTo(3);
		assertThat(redis.commandCalls("publish")).isEqualTo(1);
	}

	private static LeaseManager manager(int number) {
		return new LeaseManager(instances.get(number).store(), SETTINGS, instances.get(number).executor());
	}

	private static LeaseRequest request(LeaseKind kind, Duration waitTime) {
		return new LeaseRequest("cost", new LeaseKey(kind, "cost:" + kind.name()), 1, null, waitTime, false, "test");
	}

}
