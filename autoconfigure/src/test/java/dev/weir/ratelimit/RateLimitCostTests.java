package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import dev.weir.core.OnUnavailable;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the commands that decisions cost, as counted by Redis.
 */
@Timeout(60)
class RateLimitCostTests {

	/** So long that no tokens are added while a test runs. */
	private static final Duration WINDOW = Duration.ofDays(365);

	private static final RateLimit MANY = RateLimit.of(100_000, WINDOW);

	private static final RateLimit TWO = RateLimit.of(2, WINDOW);

	private static TestRedis redis;

	private static List<TestRedis.Instance> connections;

	private static RateLimiter limiter;

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		connections = List.of(redis.connect(), redis.connect());
		limiter = limiter(0);
		// Loads the script and returns the time of Redis.
		assertThat(allowed(limiter, "first", MANY)).isTrue();
	}

	@AfterAll
	static void stop() {
		connections.forEach(TestRedis.Instance::close);
		redis.close();
	}

	@BeforeEach
	void reset() {
		redis.resetCommandCounts();
	}

	@Test
	void aDecisionOverAKnownBucketCostsOneCall() {
		assertThat(allowed(limiter, "known", MANY)).isTrue();
		redis.resetCommandCounts();
		for (int i = 0; i < 50; i++) {
			assertThat(allowed(limiter, "known", MANY)).isTrue();
		}
		assertThatRedisHasDone(Map.of("evalsha", 50L, "time", 50L, "getrange", 50L, "set", 50L));
	}

	@Test
	void aDecisionOverANewBucketCostsOneCall() {
		for (int i = 0; i < 50; i++) {
			assertThat(allowed(limiter, "new" + i, MANY)).isTrue();
		}
		assertThatRedisHasDone(Map.of("evalsha", 50L, "time", 50L, "getrange", 50L, "set", 50L));
	}

	@Test
	void aDecisionOverTwoBucketsCostsOneCall() {
		for (int i = 0; i < 50; i++) {
			assertThat(
					limiter.tryConsume(List.of(charge("all", MANY), charge("user" + (i % 5), MANY))).join().isAllowed())
				.isTrue();
		}
		assertThatRedisHasDone(Map.of("evalsha", 50L, "time", 50L, "getrange", 100L, "set", 100L));
	}

	@Test
	void aDenialCostsAtMostOneCallAndWritesNothing() {
		assertThat(allowed(limiter, "two", TWO)).isTrue();
		assertThat(allowed(limiter, "two", TWO)).isTrue();
		redis.resetCommandCounts();
		for (int i = 0; i < 50; i++) {
			assertThat(allowed(limiter, "two", TWO)).isFalse();
			assertThat(
					limiter.tryConsume(List.of(charge("denied for all", MANY), charge("two", TWO))).join().isAllowed())
				.isFalse();
		}
		assertThat(redis.scriptCalls()).isLessThanOrEqualTo(100);
		assertThat(redis.commandCalls("set")).isZero();
	}

	@Test
	void aBucketThatAnotherInstanceHasChangedCostsOneCall() {
		RateLimiter other = limiter(1);
		for (int i = 0; i < 10; i++) {
			assertThat(allowed(limiter, "shared", MANY)).isTrue();
			assertThat(allowed(other, "shared", MANY)).isTrue();
		}
		assertThat(redis.scriptCalls()).isEqualTo(20);
	}

	@Test
	void aLimitThatChangesAndChangesBackKeepsTheProportionWithoutExtraCalls() {
		RateLimit sixty = RateLimit.of(60, WINDOW);
		for (int i = 0; i < 30; i++) {
			assertThat(allowed(limiter, "changed", sixty)).isTrue();
		}
		redis.resetCommandCounts();
		// The bucket is half full with each limit.
		assertThat(decide(limiter, "changed", RateLimit.of(10, WINDOW)).remaining()).isEqualTo(4);
		assertThat(decide(limiter, "changed", sixty).remaining()).isEqualTo(23);
		assertThat(redis.scriptCalls()).isEqualTo(2);
	}

	@Test
	void instancesWithDifferentLimitsNeitherResetTheBucketNorFloodRedis() {
		RateLimiter other = limiter(1);
		assertThat(allowed(other, "elsewhere too", MANY)).isTrue();
		RateLimit sixty = RateLimit.of(60, WINDOW);
		RateLimit forty = RateLimit.of(40, WINDOW);
		redis.resetCommandCounts();
		int allowed = 0;
		int decisions = 100;
		for (int i = 0; i < decisions; i++) {
			allowed += (i % 2 == 0) ? (allowed(limiter, "rollout", sixty) ? 1 : 0)
					: (allowed(other, "rollout", forty) ? 1 : 0);
		}
		// Between the limits of the two instances.
		assertThat(allowed).isBetween(40, 60);
		assertThat(redis.scriptCalls()).isEqualTo(decisions);
	}

	@Test
	void manyCallersOfOneBucketShareCalls() throws Exception {
		int callers = 64;
		int decisions = 200;
		CountDownLatch start = new CountDownLatch(1);
		ExecutorService threads = Executors.newFixedThreadPool(callers);
		try {
			List<Future<?>> futures = new ArrayList<>();
			for (int i = 0; i < callers; i++) {
				futures.add(threads.submit(() -> {
					start.await();
					for (int j = 0; j < decisions; j++) {
						assertThat(allowed(limiter, "hot", MANY)).isTrue();
					}
					return null;
				}));
			}
			start.countDown();
			for (Future<?> future : futures) {
				future.get(50, TimeUnit.SECONDS);
			}
		}
		finally {
			threads.shutdownNow();
		}
		assertThat(redis.scriptCalls() / (double) (callers * decisions)).isLessThanOrEqualTo(0.2);
		assertThat(limiter.peek(List.of(charge("hot", MANY))).join().all().get(0).remaining())
			.isEqualTo(MANY.burst() - callers * decisions);
	}

	@Test
	void aReservedAndSettledCallCostsTwoCalls() {
		assertThat(allowed(limiter, "reserved", MANY)).isTrue();
		redis.resetCommandCounts();
		for (int i = 0; i < 50; i++) {
			Reservation reservation = limiter.reserve(List.of(charge("reserved", MANY).asEstimate())).join();
			assertThat(reservation.settle(2).join()).isTrue();
		}
		assertThatRedisHasDone(Map.of("evalsha", 100L, "time", 100L, "getrange", 100L, "set", 150L));
		assertThat(limiter.peek(List.of(charge("reserved", MANY))).join().all().get(0).remaining())
			.isEqualTo(MANY.burst() - 101);
	}

	@Test
	void aCallWithFourLimitsIsReservedInOneCallAndSettledInOne() {
		List<Charge> four = List.of(charge("all calls", MANY), charge("calls of one", MANY),
				charge("tokens", MANY).asEstimate(), charge("tokens of a month", MANY).asEstimate());
		limiter.reserve(four).join();
		redis.resetCommandCounts();
		Reservation reservation = limiter.reserve(four).join();
		assertThat(redis.scriptCalls()).isEqualTo(1);
		assertThat(reservation.settle(500).join()).isTrue();
		assertThatRedisHasDone(Map.of("evalsha", 2L, "time", 2L, "getrange", 6L, "set", 7L));
	}

	private static void assertThatRedisHasDone(Map<String, Long> expected) {
		Map<String, Long> done = new TreeMap<>();
		redis.server()
			.text("INFO", "commandstats")
			.lines()
			.filter((line) -> line.startsWith("cmdstat_"))
			.forEach((line) -> {
				String name = line.substring("cmdstat_".length(), line.indexOf(':'));
				done.put(name, redis.commandCalls(name));
			});
		// The commands of the test, and the ping that a connection sends every 30
		// seconds.
		done.keySet().removeAll(List.of("info", "config", "config|resetstat", "ping"));
		assertThat(done).isEqualTo(expected);
	}

	private static boolean allowed(RateLimiter limiter, String key, RateLimit limit) {
		return decide(limiter, key, limit).allowed();
	}

	private static Decision decide(RateLimiter limiter, String key, RateLimit limit) {
		Decision decision = limiter.tryConsume(List.of(charge(key, limit))).join().all().get(0);
		assertThat(decision.source()).isEqualTo(Decision.Source.SHARED);
		return decision;
	}

	private static Charge charge(String key, RateLimit limit) {
		return new Charge(key, "cost:" + key, limit, 1, OnUnavailable.FAIL, false);
	}

	private static RateLimiter limiter(int connection) {
		return connections.get(connection).rateLimiter();
	}

}
