package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
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
 * Tests outages of Redis. Calls fail within a bounded time as unavailable, not as busy,
 * and work again when Redis is back.
 */
@Timeout(90)
class RedisLeaseFaultTests {

	private static final Duration TIMEOUT = Duration.ofMillis(500);

	private static final Duration TWO_SECONDS = Duration.ofSeconds(2);

	/** For events that happen only once: for a stall, but not for another time-out. */
	private static final Duration SLACK = Duration.ofSeconds(3);

	/** Longer than all time-outs together: no call may wait for so long. */
	private static final Duration WAIT_TIME = Duration.ofSeconds(20);

	private static final LeaseKey KEY = new LeaseKey(LeaseKind.LOCK, "outage");

	private TestRedis redis;

	private TestRedis.Instance instance;

	private LeaseManager manager;

	@BeforeEach
	void start() {
		this.redis = new TestRedis();
		this.instance = this.redis.connect(TIMEOUT);
		this.manager = new LeaseManager(this.instance.store(), new LeaseSettings(Duration.ofSeconds(30), "test", "1"),
				this.instance.executor());
	}

	@AfterEach
	void stop() {
		if (this.redis.server().isRunning()) {
			this.redis.server().resume();
		}
		this.manager.close();
		this.instance.close();
		this.redis.close();
	}

	@Test
	void aFrozenRedisIsUnavailableWithinTheTimeout() throws Exception {
		works();
		Duration limit = TIMEOUT.plusMillis(300);
		assertThat(Durations.best(limit, () -> {
			this.redis.server().pause();
			Duration time = timeOfFailure();
			assertThat(time).isGreaterThanOrEqualTo(TIMEOUT.minusMillis(50));
			this.redis.server().resume();
			works();
			return time;
		})).isLessThan(limit);
	}

	@Test
	void callersThatWaitOutliveAFrost() {
		works();
		this.redis.server().pause();
		List<CompletableFuture<Lease>> waiters = IntStream.range(0, 40)
			.mapToObj((number) -> this.manager.acquireAsync(request()).toCompletableFuture())
			.toList();
		waiters.forEach((waiter) -> waiter.thenAccept(Lease::close));
		// The circuit opens, and a probe gets no answer either.
		await().until(() -> this.instance.scripts().isAway(KEY.value()));
		await().during(TIMEOUT.multipliedBy(3)).until(() -> waiters.stream().noneMatch(CompletableFuture::isDone));
		this.redis.server().resume();
		assertThat(waiters).allSatisfy((waiter) -> assertThat(waiter).succeedsWithin(WAIT_TIME));
	}

	@Test
	void callsFailAtOnceAfterSomeFailures() throws Exception {
		works();
		this.redis.server().pause();
		for (int i = 0; i < 3; i++) {
			timeOfFailure();
		}
		Duration atOnce = Duration.ofMillis(50);
		assertThat(Durations.best(atOnce, this::timeOfFailure)).isLessThan(atOnce);
		// Redis is not asked, so there is nothing to release.
		await().untilAsserted(() -> assertThatExceptionOfType(CompletionException.class)
			.isThrownBy(() -> this.instance.store().tryAcquire(claim()).toCompletableFuture().join())
			.havingCause()
			.isInstanceOfSatisfying(StoreUnavailableException.class, (ex) -> assertThat(ex.wasAsked()).isFalse()));
	}

	@Test
	void locksWorkAfterTheThawAndNothingIsLeftBehind() throws Exception {
		works();
		assertThat(Durations.best(TWO_SECONDS, () -> {
			this.redis.server().pause();
			for (int i = 0; i < 4; i++) {
				timeOfFailure();
			}
			this.redis.server().resume();
			return Durations.of(this::works);
		})).isLessThan(TWO_SECONDS);
		await().atMost(20, TimeUnit.SECONDS).until(() -> this.redis.server().number("DBSIZE") == 0);
		// Regular calls pass the circuit, not only probes.
		assertThat(this.instance.scripts().isAway("key")).isFalse();
	}

	@Test
	void aClaimThatRedisExecutesAfterTheThawIsReleased() {
		works();
		for (int round = 0; round < 5; round++) {
			this.redis.server().pause();
			timeOfFailure();
			this.redis.server().resume();
			await().atMost(20, TimeUnit.SECONDS).until(() -> this.redis.server().number("EXISTS", KEY.value()) == 0);
			works();
		}
	}

	@Test
	void aKilledRedisIsUnavailableAndARestartedOneWorksWithinTwoSeconds() throws Exception {
		works();
		assertThat(Durations.best(TWO_SECONDS, () -> {
			this.redis.server().kill();
			for (int i = 0; i < 5; i++) {
				Duration limit = TIMEOUT.plusMillis(300);
				assertThat(Durations.best(limit, this::timeOfFailure)).isLessThan(limit);
			}
			this.redis.server().restart();
			return Durations.of(this::works);
		})).isLessThan(TWO_SECONDS);
	}

	@Test
	void aRedisThatIsMissingAtFirstWorksOnceItIsStarted() throws Exception {
		this.redis.server().kill();
		assertThat(timeOfFailure()).isLessThan(TestRedis.CONNECT_TIMEOUT.plus(SLACK));
		this.redis.server().restart();
		assertThat(Durations.of(this::works)).isLessThan(Duration.ofSeconds(10));
	}

	@Test
	void aRedisThatIsFrozenAtFirstIsUnavailableWithinBothTimeouts() {
		this.redis.server().pause();
		assertThat(timeOfFailure()).isLessThan(TestRedis.CONNECT_TIMEOUT.plus(TIMEOUT).plus(SLACK));
	}

	@Test
	void aLeaseOutlivesAShortOutage() {
		// Redis is frozen for half of this time, and a machine may stall for the other
		// half.
		Duration ttl = Duration.ofSeconds(6);
		try (LeaseManager brisk = new LeaseManager(this.instance.store(), new LeaseSettings(ttl, "test", "2"),
				this.instance.executor())) {
			Lease lease = acquired(brisk);
			this.redis.server().pause();
			// The renewal after a third of the time gets no answer.
			await().until(() -> lease.remaining().compareTo(ttl.dividedBy(2)) < 0);
			assertThat(lease.isValid()).isTrue();
			this.redis.server().resume();
			await().until(() -> lease.remaining().compareTo(ttl.dividedBy(2)) > 0);
			assertThat(this.redis.server().number("EXISTS", KEY.value())).isOne();
			lease.close();
		}
	}

	@Test
	void aHolderDetectsAFlushAtItsNextRenewal() {
		Duration ttl = Duration.ofSeconds(3);
		try (LeaseManager brisk = new LeaseManager(this.instance.store(), new LeaseSettings(ttl, "test", "2"),
				this.instance.executor())) {
			works();
			long asked = System.nanoTime();
			Lease lease = acquired(brisk);
			this.redis.server().command("FLUSHALL");
			await().until(() -> !lease.isValid());
			// The holder detected the flush before its time was over.
			assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(ttl);
		}
	}

	@Test
	void aRefusedCommandIsUnavailableAndNamesTheReason() {
		this.redis.server().command("CONFIG", "SET", "maxmemory", "1");
		try (TestRedis.Instance patient = this.redis.connect()) {
			assertThatExceptionOfType(CompletionException.class)
				.isThrownBy(() -> patient.store().tryAcquire(claim()).toCompletableFuture().join())
				.havingCause()
				.isInstanceOf(StoreUnavailableException.class)
				.withMessageContaining("used memory > 'maxmemory'")
				.withMessageNotContaining("params")
				.withMessageNotContaining(KEY.value());
		}
	}

	private void works() {
		acquired(this.manager).close();
	}

	/**
	 * Acquires a lease, with further attempts while Redis is away or the machine slow.
	 * @param manager the manager to use
	 * @return the lease
	 */
	private static Lease acquired(LeaseManager manager) {
		AtomicReference<Lease> lease = new AtomicReference<>();
		await().pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(50))
			.atMost(WAIT_TIME)
			.ignoreExceptionsInstanceOf(LeaseUnavailableException.class)
			.until(() -> {
				lease.set(manager.acquire(request()));
				return true;
			});
		return lease.get();
	}

	private Duration timeOfFailure() {
		long start = System.nanoTime();
		assertThatExceptionOfType(LeaseUnavailableException.class)
			.isThrownBy(() -> this.manager.acquire(request(Duration.ZERO)))
			.withMessageContaining("unavailable");
		return Duration.ofNanos(System.nanoTime() - start);
	}

	private static LeaseStore.Claim claim() {
		return new LeaseStore.Claim(KEY, "owner", 1, Duration.ofSeconds(30), false, LeaseStore.Queue.OUT);
	}

	private static LeaseRequest request() {
		return request(WAIT_TIME);
	}

	private static LeaseRequest request(Duration waitTime) {
		return new LeaseRequest("policy", KEY, 1, null, waitTime, false, "test");
	}

}
