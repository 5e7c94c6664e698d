package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import dev.weir.core.OnUnavailable;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for calls with two limits, many of them at the same time, on a real Redis.
 */
@Timeout(60)
class SeveralLimitsTests {

	private static final int THREADS = 64;

	private static final int CALLS = 40;

	/** So long that no tokens are added while a test runs. */
	private static final Duration WINDOW = Duration.ofDays(365);

	private static TestRedis redis;

	private static List<TestRedis.Instance> connections;

	private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		connections = List.of(redis.connect(), redis.connect());
	}

	@AfterAll
	static void stop() {
		connections.forEach(TestRedis.Instance::close);
		redis.close();
	}

	@AfterEach
	void end() {
		this.threads.shutdownNow();
		redis.server().command("FLUSHALL");
	}

	@Test
	void deniedCallsTakeNothingAndTotalsAreExactForOneInstance() throws Exception {
		assertThatTotalsAreExact("one", List.of(limiter(0)));
	}

	@Test
	void deniedCallsTakeNothingAndTotalsAreExactForTwoInstances() throws Exception {
		assertThatTotalsAreExact("two", List.of(limiter(0), limiter(1)));
	}

	private void assertThatTotalsAreExact(String test, List<RateLimiter> instances) throws Exception {
		RateLimit forAll = RateLimit.of(700, WINDOW);
		RateLimit forUser = RateLimit.of(60, WINDOW);
		CountDownLatch start = new CountDownLatch(1);
		List<Future<List<Decisions>>> callers = new ArrayList<>();
		for (int thread = 0; thread < THREADS; thread++) {
			RateLimiter limiter = instances.get(thread % instances.size());
			Random random = new Random(thread);
			Callable<List<Decisions>> caller = () -> {
				List<Decisions> decisions = new ArrayList<>();
				start.await();
				for (int i = 0; i < CALLS; i++) {
					// Some users call often and use up their own limit. Others find the
					// limit for all users used up.
					String user = test + ":user" + Math.min(random.nextInt(16), random.nextInt(16));
					long cost = 1 + random.nextInt(3);
					decisions.add(limiter
						.tryConsume(List.of(charge(test + ":all", forAll, cost), charge(user, forUser, cost)))
						.join());
				}
				return decisions;
			};
			callers.add(this.threads.submit(caller));
		}
		start.countDown();
		Map<String, Long> taken = new HashMap<>();
		Map<String, Long> leastDenied = new HashMap<>();
		for (Future<List<Decisions>> caller : callers) {
			for (Decisions decisions : caller.get(50, TimeUnit.SECONDS)) {
				for (Decision decision : decisions.all()) {
					assertThat(decision.source()).isEqualTo(Decision.Source.SHARED);
					taken.merge(decision.policy(), decisions.isAllowed() ? decision.cost() : 0, Long::sum);
					if (!decision.allowed()) {
						leastDenied.merge(decision.policy(), decision.cost(), Math::min);
					}
				}
			}
		}
		taken.forEach((policy, count) -> {
			RateLimit limit = policy.endsWith(":all") ? forAll : forUser;
			long remaining = instances.get(0).peek(List.of(charge(policy, limit, 1))).join().all().get(0).remaining();
			assertThat(remaining).as(policy).isEqualTo(limit.burst() - count);
			// No tokens are added, so a level that was too low stays too low.
			assertThat(remaining).as("%s was denied", policy)
				.isLessThan(leastDenied.getOrDefault(policy, Long.MAX_VALUE));
		});
		assertThat(taken.get(test + ":all")).isGreaterThan(690);
		assertThat(leastDenied).containsKeys(test + ":all", test + ":user0");
	}

	private static RateLimiter limiter(int connection) {
		return connections.get(connection).rateLimiter();
	}

	private static Charge charge(String policy, RateLimit limit, long cost) {
		return new Charge(policy, "several:" + policy, limit, cost, OnUnavailable.FAIL, false);
	}

}
