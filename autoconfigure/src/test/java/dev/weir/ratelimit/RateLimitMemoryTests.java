package dev.weir.ratelimit;

import java.time.Duration;
import java.util.Arrays;
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
 * Tests for the memory that many users take up, half of them invented: none remains in
 * Redis, and the number of buckets in the JVM is bounded.
 */
@Tag("long")
@Timeout(240)
class RateLimitMemoryTests {

	private static final int CALLS = Integer.getInteger("memory.calls", 1_000_000);

	private static final int MAX_KNOWN = 10_000;

	private static final long MAX_HEAP = 40L << 20;

	/** When each thousandth call began. */
	private final long[] begun = new long[CALLS / 1000];

	@Test
	void nothingIsLeftAfterManyUsersAndSilence() throws Exception {
		try (TestRedis redis = new TestRedis(); TestRedis.Instance instance = redis.connect()) {
			RateLimiter limiter = instance.rateLimiter();
			long before = usedHeap();
			// Such a bucket is full after 100 ms. Redis keeps it for one second more.
			assertThat(allowed(limiter, Decision.Source.SHARED, RateLimit.of(10, Duration.ofSeconds(1))))
				.isEqualTo(CALLS);
			assertThat(redis.server().number("DBSIZE")).isBetween(1L, callsSince(Duration.ofSeconds(4)));
			assertThat(remembered(limiter, "levels")).hasSize(MAX_KNOWN);
			assertThat(remembered(limiter, "anonymous")).hasSize(MAX_KNOWN);
			assertThat(usedHeap() - before).isLessThan(MAX_HEAP);
			await().atMost(30, TimeUnit.SECONDS)
				.pollInterval(Duration.ofMillis(100))
				.until(() -> redis.server().number("DBSIZE") == 0);
		}
	}

	@Test
	void theNumberOfKnownBucketsIsBoundedWhileRedisIsAway() throws Exception {
		LocalBucketStore standIn = LocalBucketStore.standIn();
		RateLimiter limiter = new RateLimiter(new Away(), standIn, Duration.ofSeconds(20), List.of());
		long before = usedHeap();
		assertThat(allowed(limiter, Decision.Source.LOCAL, RateLimit.of(10, Duration.ofDays(1)))).isEqualTo(CALLS);
		assertThat(standIn.list("", null, CALLS).toCompletableFuture().join().buckets()).hasSize(2 * MAX_KNOWN);
		assertThat(usedHeap() - before).isLessThan(MAX_HEAP);
	}

	private static long usedHeap() {
		System.gc();
		return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
	}

	private int allowed(RateLimiter limiter, Decision.Source source, RateLimit limit) throws Exception {
		AtomicInteger allowed = new AtomicInteger();
		int atATime = 500;
		Semaphore inFlight = new Semaphore(atATime);
		for (int i = 0; i < CALLS; i++) {
			String user = "user" + i;
			if (i % 1000 == 0) {
				this.begun[i / 1000] = System.nanoTime();
			}
			inFlight.acquire();
			limiter.tryConsume(List.of(new Charge("memory", user, limit, 1, OnUnavailable.LOCAL, false, i % 2 == 0)))
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

	private long callsSince(Duration age) {
		long since = System.nanoTime() - age.toNanos();
		return 1000 * (1 + Arrays.stream(this.begun).filter((at) -> at - since > 0).count());
	}

	private static Map<?, ?> remembered(RateLimiter limiter, String which) {
		return (Map<?, ?>) ReflectionTestUtils.getField(ReflectionTestUtils.getField(limiter, "lastLevels"), which);
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
