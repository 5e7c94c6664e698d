package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.core.OnUnavailable;
import dev.weir.core.Stages;
import dev.weir.lease.engine.Durations;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitUnavailableException;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.ratelimit.Reservation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for decisions while Redis does not answer: they take a bounded time, come at once
 * when the outage is known, and are shared again when Redis is back.
 */
@Timeout(90)
class RedisRateLimitFaultTests {

	private static final Duration TIMEOUT = Duration.ofMillis(500);

	/** Applications may rely on this bound and on the next two. */
	private static final Duration IN_TIME = TIMEOUT.plusMillis(50);

	private static final Duration AT_ONCE = Duration.ofMillis(5);

	private static final Duration BACK = Duration.ofSeconds(2);

	private static final RateLimit LIMIT = RateLimit.of(1000, Duration.ofDays(365));

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final AtomicInteger number = new AtomicInteger();

	private TestRedis redis;

	private TestRedis.Instance instance;

	private RateLimiter limiter;

	@BeforeEach
	void start() {
		this.redis = new TestRedis();
		this.instance = this.redis.connect(TIMEOUT);
		this.limiter = this.instance.rateLimiter(TIMEOUT);
		awaitShared();
	}

	@AfterEach
	void stop() {
		if (this.redis.server().isRunning()) {
			this.redis.server().resume();
		}
		this.threads.shutdownNow();
		this.instance.close();
		this.redis.close();
	}

	@Test
	void eachRequestIsAnsweredInTimeWhileRedisIsFrozen() throws Exception {
		for (OnUnavailable onUnavailable : OnUnavailable.values()) {
			assertThat(Durations.best(IN_TIME, () -> {
				this.redis.server().pause();
				Duration time = Durations.of(() -> withoutRedis(onUnavailable));
				this.redis.server().resume();
				awaitShared();
				return time;
			})).isLessThanOrEqualTo(IN_TIME);
		}
	}

	@Test
	void theFirstDecisionIsSharedEvenIfConnectingIsSlow() throws Exception {
		CompletableFuture<?> connectable = new CompletableFuture<>();
		RedisScripts scripts = new RedisScripts(
				new SlowlyConnectingTransport(this.instance.client().transport(), connectable), TIMEOUT,
				Duration.ofSeconds(30), List.of());
		RateLimiter fresh = new RateLimiter(new RedisBucketStore(scripts), new LocalBucketStore(), TIMEOUT, List.of());
		CompletableFuture<Decisions> first = fresh
			.tryConsume(List.of(new Charge("first", newKey(), LIMIT, 1, OnUnavailable.LOCAL, false)));
		await().during(TIMEOUT.multipliedBy(2)).until(() -> !first.isDone());
		connectable.complete(null);
		assertThat(first.get(30, TimeUnit.SECONDS).all()).singleElement()
			.extracting(Decision::source)
			.isEqualTo(Decision.Source.SHARED);
	}

	@Test
	void manyRequestsForOneBucketAreAnsweredInTimeWhileRedisIsFrozen() throws Exception {
		int callers = 64;
		assertThat(Durations.best(IN_TIME, () -> {
			String key = newKey();
			CyclicBarrier start = new CyclicBarrier(callers);
			this.redis.server().pause();
			List<Future<Duration>> times = new ArrayList<>();
			for (int i = 0; i < callers; i++) {
				Callable<Duration> caller = () -> {
					start.await();
					return Durations.of(() -> assertLocal(decide(key)));
				};
				times.add(this.threads.submit(caller));
			}
			Duration longest = longest(times);
			this.redis.server().resume();
			awaitShared();
			return longest;
		})).isLessThanOrEqualTo(IN_TIME);
	}

	@Test
	void successiveRequestsAreAnsweredInTimeWhileRedisIsFrozen() throws Exception {
		int callers = 8;
		assertThat(Durations.best(IN_TIME, () -> {
			this.redis.server().pause();
			List<Future<Duration>> times = new ArrayList<>();
			long start = System.nanoTime();
			for (int i = 0; i < callers; i++) {
				long begin = start + TimeUnit.MILLISECONDS.toNanos(8 * i);
				Callable<Duration> caller = () -> {
					while (System.nanoTime() - begin < 0) {
						Thread.onSpinWait();
					}
					return Durations.of(() -> assertLocal(decide(newKey())));
				};
				times.add(this.threads.submit(caller));
			}
			Duration longest = longest(times);
			this.redis.server().resume();
			awaitShared();
			return longest;
		})).isLessThanOrEqualTo(IN_TIME);
	}

	@Test
	void anOpenCircuitAnswersAtOnceAndSparesRedis() throws Exception {
		// The bucket is known from now on, so each decision asks Redis once.
		decide("known");
		Duration nearlyAll = Durations.best(AT_ONCE, () -> {
			this.redis.resetCommandCounts();
			this.redis.server().pause();
			for (int i = 0; i < 3; i++) {
				assertLocal(decide("known"));
			}
			// These requests take less time than the interval between two probes.
			List<Duration> times = new ArrayList<>();
			for (int i = 0; i < 40; i++) {
				times.add(Durations.of(() -> assertLocal(decide(newKey()))));
			}
			this.redis.server().resume();
			awaitShared();
			// Redis has executed all commands that were sent to it: those of 3 of the 43
			// requests, and the probes.
			assertThat(this.redis.scriptCalls()).isBetween(4L, 10L);
			// A busy machine lets a few of them wait.
			return times.stream().sorted().toList().get(35);
		});
		assertThat(nearlyAll).isLessThanOrEqualTo(AT_ONCE);
	}

	@Test
	void noRequestWaitsForAProbeWhileTheCircuitIsOpen() {
		this.redis.resetCommandCounts();
		this.redis.server().pause();
		// Three requests wait, and so do the requests that arrive before the third of
		// them is known to have failed.
		await().atMost(20, TimeUnit.SECONDS).until(() -> ask().isDone());
		long end = System.nanoTime() + 4 * TIMEOUT.toNanos();
		await().pollInterval(Duration.ofMillis(1)).atMost(20, TimeUnit.SECONDS).until(() -> {
			CompletableFuture<Decisions> answer = ask();
			assertThat(answer).isDone();
			assertLocal(answer.join().all().get(0));
			return System.nanoTime() - end > 0;
		});
		this.redis.server().resume();
		// Redis executes the commands that were sent: three requests, and probes. Lettuce
		// has closed its connection by the time of most probes, and gets no other one.
		int sent = OnLettuce.Extension.isActive() ? 3 : 5;
		await().atMost(20, TimeUnit.SECONDS)
			.untilAsserted(() -> assertThat(this.redis.scriptCalls()).isGreaterThanOrEqualTo(sent));
	}

	@Test
	void bucketsAreSharedAgainWithinTwoSecondsAfterRedisResumes() throws Exception {
		assertThat(Durations.best(BACK, () -> {
			this.redis.server().pause();
			for (int i = 0; i < 4; i++) {
				assertLocal(decide(newKey()));
			}
			this.redis.server().resume();
			return Durations.of(this::awaitShared);
		})).isLessThan(BACK);
		assertThat(this.limiter.isStoreAvailable()).isTrue();
	}

	@Test
	void allCallersShareAgainWithinTwoSecondsAfterRedisResumesUnderLoad() throws Exception {
		int callers = 16;
		assertThat(Durations.best(BACK, () -> {
			this.redis.server().pause();
			AtomicInteger local = new AtomicInteger();
			List<Future<Long>> sharedAgain = new ArrayList<>();
			for (int i = 0; i < callers; i++) {
				Callable<Long> caller = () -> {
					String key = newKey();
					while (decide(key).source() == Decision.Source.LOCAL) {
						local.incrementAndGet();
						Thread.onSpinWait();
					}
					return System.nanoTime();
				};
				sharedAgain.add(this.threads.submit(caller));
			}
			await().atMost(20, TimeUnit.SECONDS).until(() -> local.get() > 10 * callers);
			long resumed = System.nanoTime();
			this.redis.server().resume();
			long last = resumed;
			for (Future<Long> future : sharedAgain) {
				last = Math.max(last, future.get(20, TimeUnit.SECONDS));
			}
			return Duration.ofNanos(last - resumed);
		})).isLessThan(BACK);
	}

	@Test
	void theTokensTakenLocallyDuringAnOutageAreBounded() {
		RateLimit ten = RateLimit.of(10, Duration.ofDays(365));
		for (int i = 0; i < 6; i++) {
			assertThat(decide("bounded", ten).remaining()).isEqualTo(9 - i);
		}
		this.redis.server().kill();
		long allowed = 0;
		for (int i = 0; i < 20; i++) {
			Decision decision = decide("bounded", ten);
			assertLocal(decision);
			allowed += decision.allowed() ? 1 : 0;
		}
		assertThat(allowed).isEqualTo(4);
	}

	@Test
	void noticesAKilledRedisInTimeAndStartsAnEmptyOneWithFullBuckets() throws Exception {
		assertThat(decide("killed").remaining()).isEqualTo(999);
		assertThat(Durations.best(BACK, () -> {
			this.redis.server().kill();
			for (int i = 0; i < 5; i++) {
				assertThat(Durations.best(IN_TIME, () -> Durations.of(() -> assertLocal(decide(newKey())))))
					.isLessThanOrEqualTo(IN_TIME);
			}
			this.redis.server().restart();
			return Durations.of(this::awaitShared);
		})).isLessThan(BACK);
		assertThat(decide("killed")).returns(Decision.Source.SHARED, Decision::source)
			.returns(999L, Decision::remaining);
		assertThat(decide("killed").remaining()).isEqualTo(998);
	}

	@Test
	void aSettlementThatRedisDoesNotAnswerIsAppliedWhenRedisIsBackAndFailsNoCall() throws Exception {
		Charge estimate = new Charge("budget", "budget", LIMIT, 100, OnUnavailable.FAIL, false).asEstimate();
		Reservation soon = this.limiter.reserve(List.of(estimate)).get(20, TimeUnit.SECONDS);
		Reservation later = this.limiter.reserve(List.of(estimate)).get(20, TimeUnit.SECONDS);
		this.redis.server().pause();
		CompletableFuture<Boolean> first = soon.settle(10);
		assertThatExceptionOfType(RateLimitUnavailableException.class).isThrownBy(() -> decide(estimate));
		this.redis.server().resume();
		assertThat(first.get(20, TimeUnit.SECONDS)).isTrue();
		this.redis.server().pause();
		assertThat(later.settle(70).get(30, TimeUnit.SECONDS)).isFalse();
		this.redis.server().resume();
		awaitShared();
		assertThat(later.settle(70).get(20, TimeUnit.SECONDS)).isTrue();
		// The call that had no answer may have taken its tokens.
		await().untilAsserted(() -> assertThat(
				this.limiter.peek(List.of(estimate)).get(20, TimeUnit.SECONDS).all().get(0).remaining())
			.isIn(920L, 820L));
	}

	private void withoutRedis(OnUnavailable onUnavailable) {
		String key = newKey();
		Charge charge = new Charge(key, key, LIMIT, 1, onUnavailable, false);
		switch (onUnavailable) {
			case PROCEED -> assertThat(decide(charge).source()).isEqualTo(Decision.Source.NOBODY);
			case LOCAL -> assertLocal(decide(charge));
			case FAIL ->
				assertThatExceptionOfType(RateLimitUnavailableException.class).isThrownBy(() -> decide(charge));
		}
	}

	private void awaitShared() {
		await().pollInterval(Duration.ofMillis(20))
			.atMost(20, TimeUnit.SECONDS)
			.until(() -> decide(newKey()).source() == Decision.Source.SHARED);
	}

	private String newKey() {
		return "outage:" + this.number.incrementAndGet();
	}

	private static void assertLocal(Decision decision) {
		assertThat(decision.source()).isEqualTo(Decision.Source.LOCAL);
	}

	private static Duration longest(List<Future<Duration>> times) throws Exception {
		Duration longest = Duration.ZERO;
		for (Future<Duration> time : times) {
			longest = longer(longest, time.get(20, TimeUnit.SECONDS));
		}
		return longest;
	}

	private static Duration longer(Duration one, Duration other) {
		return (one.compareTo(other) >= 0) ? one : other;
	}

	private CompletableFuture<Decisions> ask() {
		return this.limiter.tryConsume(List.of(charge(newKey(), LIMIT)));
	}

	private Decision decide(String key) {
		return decide(key, LIMIT);
	}

	private Decision decide(String key, RateLimit limit) {
		return decide(charge(key, limit));
	}

	private static Charge charge(String key, RateLimit limit) {
		return new Charge(key, key, limit, 1, OnUnavailable.LOCAL, false);
	}

	private Decision decide(Charge charge) {
		return Stages.await(this.limiter.tryConsume(List.of(charge))).all().get(0);
	}

}
