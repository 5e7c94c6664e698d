package dev.weir.ratelimit;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.core.OnUnavailable;
import dev.weir.core.StoreUnavailableException;
import dev.weir.local.LocalBucketStore;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the memory that many users take up: none remains in Redis, and the number of
 * buckets in the JVM is bounded.
 */
@Tag("long")
@Timeout(90)
class RateLimitMemoryTests {

	private static final int USERS = 100_000;

	private static final int MAX_KNOWN = 10_000;

	@Test
	void nothingIsLeftAfterManyUsersAndSilence() throws Exception {
		try (TestRedis redis = new TestRedis(); TestRedis.Instance instance = redis.connect()) {
			RateLimiter limiter = instance.rateLimiter();
			RateLimit limit = RateLimit.of(10, Duration.ofSeconds(10));
			assertThat(allowed(limiter, Decision.Source.SHARED, limit)).isEqualTo(USERS);
			assertThat(redis.server().number("DBSIZE")).isPositive();
			assertThat(remembered(limiter)).hasSize(MAX_KNOWN);
			await().atMost(30, TimeUnit.SECONDS)
				.pollInterval(Duration.ofMillis(100))
				.until(() -> redis.server().number("DBSIZE") == 0);
		}
	}

	@Test
	void theNumberOfKnownBucketsIsBoundedWhileRedisIsAway() throws Exception {
		LocalBucketStore standIn = LocalBucketStore.standIn();
		RateLimiter limiter = new RateLimiter(new Away(), standIn, Duration.ofSeconds(20), List.of());
		assertThat(allowed(limiter, Decision.Source.LOCAL, RateLimit.of(10, Duration.ofDays(1)))).isEqualTo(USERS);
		assertThat((Map<?, ?>) ReflectionTestUtils.getField(standIn, "buckets")).hasSize(MAX_KNOWN);
	}

	private static int allowed(RateLimiter limiter, Decision.Source source, RateLimit limit) throws Exception {
		AtomicInteger allowed = new AtomicInteger();
		int atATime = 500;
		Semaphore inFlight = new Semaphore(atATime);
		for (int i = 0; i < USERS; i++) {
			String user = "user" + i;
			inFlight.acquire();
			limiter.tryConsume(List.of(new Charge("memory", user, limit, 1, OnUnavailable.LOCAL, false)))
				.whenComplete((decisions, failure) -> {
					if (failure == null && decisions.isAllowed() && decisions.all().get(0).source() == source) {
						allowed.incrementAndGet();
					}
					inFlight.release();
				});
		}
		assertThat(inFlight.tryAcquire(atATime, 20, TimeUnit.SECONDS)).isTrue();
		return allowed.get();
	}

	private static Map<?, ?> remembered(RateLimiter limiter) {
		return (Map<?, ?>) ReflectionTestUtils.getField(ReflectionTestUtils.getField(limiter, "lastLevels"), "levels");
	}

	/** A store that never answers. */
	private static final class Away implements BucketStore {

		@Override
		public CompletionStage<Answer> decide(List<Call> calls) {
			return CompletableFuture.failedFuture(new StoreUnavailableException("away"));
		}

		@Override
		public CompletionStage<Void> remove(String key) {
			return CompletableFuture.failedFuture(new StoreUnavailableException("away"));
		}

	}

}
