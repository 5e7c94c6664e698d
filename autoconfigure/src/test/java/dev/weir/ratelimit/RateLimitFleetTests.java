package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

import dev.weir.core.OnUnavailable;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for many instances, each with its own client, that share one bucket.
 */
@Timeout(120)
class RateLimitFleetTests {

	private static final int THREADS_PER_INSTANCE = 4;

	@Test
	void twentyInstancesAllowExactlyTheLimit() throws Exception {
		assertThatTheLimitIsHeld(20, Duration.ofSeconds(3), Duration.ZERO);
	}

	@Test
	void twentyInstancesThatPauseAllowExactlyTheLimit() throws Exception {
		assertThatTheLimitIsHeld(20, Duration.ofSeconds(3), Duration.ofMillis(100));
	}

	@Test
	@Tag("long")
	void aHundredInstancesAllowExactlyTheLimit() throws Exception {
		assertThatTheLimitIsHeld(100, Duration.ofSeconds(20), Duration.ZERO);
		assertThatTheLimitIsHeld(100, Duration.ofSeconds(20), Duration.ofMillis(100));
	}

	private static void assertThatTheLimitIsHeld(int count, Duration duration, Duration pause) throws Exception {
		RateLimit limit = RateLimit.of(1000, Duration.ofMinutes(1));
		try (TestRedis redis = new TestRedis()) {
			List<TestRedis.Instance> instances = new ArrayList<>();
			ExecutorService threads = Executors.newFixedThreadPool(count * THREADS_PER_INSTANCE);
			try {
				for (int i = 0; i < count; i++) {
					TestRedis.Instance instance = redis.connect();
					instances.add(instance);
					decide(instance.rateLimiter(), "warm", limit);
				}
				redis.resetCommandCounts();
				Map<Decision.Source, LongAdder> decisions = new EnumMap<>(Decision.Source.class);
				for (Decision.Source source : Decision.Source.values()) {
					decisions.put(source, new LongAdder());
				}
				LongAdder admitted = new LongAdder();
				long begin = redisMicros(redis);
				long end = System.nanoTime() + duration.toNanos();
				List<Future<?>> callers = new ArrayList<>();
				for (TestRedis.Instance instance : instances) {
					RateLimiter limiter = instance.rateLimiter();
					for (int thread = 0; thread < THREADS_PER_INSTANCE; thread++) {
						callers.add(threads.submit(() -> {
							while (System.nanoTime() - end < 0) {
								Decision decision = decide(limiter, "fleet", limit);
								decisions.get(decision.source()).increment();
								if (decision.allowed()) {
									admitted.increment();
								}
								if (!pause.isZero()) {
									LockSupport.parkNanos(ThreadLocalRandom.current()
										.nextLong(pause.toNanos() / 5, pause.toNanos() * 2));
								}
							}
						}));
					}
				}
				for (Future<?> caller : callers) {
					caller.get(100, TimeUnit.SECONDS);
				}
				double refilled = (redisMicros(redis) - begin) / 60_000_000d * limit.limit();
				long decided = decisions.get(Decision.Source.SHARED).sum();
				assertThat((double) admitted.sum()).isLessThanOrEqualTo(limit.burst() + refilled);
				if (pause.isZero()) {
					assertThat((double) admitted.sum())
						.isGreaterThanOrEqualTo(limit.burst() + refilled - 1 - limit.limit() / 60d);
					// Measured: 0.26 to 0.31. The less often callers run in time for the
					// next
					// batch, the closer this gets to 0.5.
					assertThat(redis.scriptCalls() / (double) decided).isLessThanOrEqualTo(0.4);
				}
				assertThat(decisions.get(Decision.Source.LOCAL).sum()).isZero();
				assertThat(decisions.get(Decision.Source.NOBODY).sum()).isZero();
			}
			finally {
				threads.shutdownNow();
				instances.forEach(TestRedis.Instance::close);
			}
		}
	}

	private static Decision decide(RateLimiter limiter, String key, RateLimit limit) {
		return limiter.tryConsume(List.of(new Charge("fleet", key, limit, 1, OnUnavailable.FAIL, false)))
			.join()
			.all()
			.get(0);
	}

	private static long redisMicros(TestRedis redis) {
		List<?> time = redis.server().list("TIME");
		return TimeUnit.SECONDS.toMicros(Long.parseLong(time.get(0).toString()))
				+ Long.parseLong(time.get(1).toString());
	}

}
