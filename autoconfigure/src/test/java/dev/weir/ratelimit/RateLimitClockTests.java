package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.weir.core.OnUnavailable;
import dev.weir.local.LocalBucketStore;
import dev.weir.redis.RedisBucketStore;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for two instances on one Redis whose clocks differ: the time of Redis decides.
 */
@Timeout(60)
class RateLimitClockTests {

	private static TestRedis redis;

	private static List<TestRedis.Instance> connections;

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

	@ParameterizedTest
	@ValueSource(longs = { -5, 0, 5 })
	void aFullBucketIsSharedAndRetryAfterIsRight(long skewSeconds) {
		RateLimit limit = RateLimit.of(10, Duration.ofSeconds(1000));
		RateLimiter one = limiter(0, Duration.ZERO);
		RateLimiter two = limiter(1, Duration.ofSeconds(skewSeconds));
		List<Boolean> admissions = new ArrayList<>();
		long start = redisMicros();
		for (int i = 0; i < 7; i++) {
			admissions.add(decide(one, "full" + skewSeconds, limit).allowed());
			admissions.add(decide(two, "full" + skewSeconds, limit).allowed());
		}
		Decision deniedByOne = decide(one, "full" + skewSeconds, limit);
		Decision deniedByTwo = decide(two, "full" + skewSeconds, limit);
		Duration passed = Duration.of(redisMicros() - start, TimeUnit.MICROSECONDS.toChronoUnit());
		// The same for all clocks: ten calls at once, and the next one a hundred seconds
		// after the first.
		assertThat(admissions).containsExactly(true, true, true, true, true, true, true, true, true, true, false, false,
				false, false);
		assertThat(passed).isLessThan(Duration.ofSeconds(50));
		assertThat(List.of(deniedByOne, deniedByTwo)).allSatisfy((denied) -> assertThat(denied.retryAfter())
			.isBetween(Duration.ofSeconds(100).minus(passed).minusSeconds(1), Duration.ofSeconds(100)));
		// The clocks differ.
		assertThat(two.clockSkew().minus(one.clockSkew()).plusSeconds(skewSeconds).abs())
			.isLessThan(Duration.ofSeconds(1));
	}

	@ParameterizedTest
	@ValueSource(longs = { -5, 0, 5 })
	void addedTokensAreSharedByTheTimeOfRedis(long skewSeconds) {
		// The burst is so large that no tokens overflow while this thread gets no
		// processor.
		RateLimit limit = new RateLimit(50, Duration.ofSeconds(1), 5000);
		RateLimiter one = limiter(0, Duration.ZERO);
		RateLimiter two = limiter(1, Duration.ofSeconds(skewSeconds));
		// Both instances learn the time of Redis while the bucket is full.
		decide(one, "known", limit);
		decide(two, "known", limit);
		long before = redisMicros();
		assertThat(decide(one, "added" + skewSeconds, limit, limit.burst()).allowed()).isTrue();
		long admitted = 0;
		long start = redisMicros();
		while (redisMicros() - start < 500_000) {
			admitted += admitted(one, two, "added" + skewSeconds, limit);
		}
		long after = redisMicros();
		admitted += admitted(one, two, "added" + skewSeconds, limit);
		long end = redisMicros();
		// A step may be ahead of Redis by 5 ms, a quarter of a token.
		assertThat((double) admitted).isBetween((after - start) / 20_000d - 1, (end - before) / 20_000d + 0.25);
	}

	/** Takes all tokens that are left. */
	private static long admitted(RateLimiter one, RateLimiter two, String key, RateLimit limit) {
		long admitted = 0;
		for (boolean more = true; more;) {
			int count = (decide(one, key, limit).allowed() ? 1 : 0) + (decide(two, key, limit).allowed() ? 1 : 0);
			admitted += count;
			more = count > 0;
		}
		return admitted;
	}

	private static Decision decide(RateLimiter limiter, String key, RateLimit limit) {
		return decide(limiter, key, limit, 1);
	}

	private static Decision decide(RateLimiter limiter, String key, RateLimit limit, long cost) {
		Decision decision = limiter
			.tryConsume(List.of(new Charge(key, "clock:" + key, limit, cost, OnUnavailable.FAIL, false)))
			.join()
			.all()
			.get(0);
		assertThat(decision.source()).isEqualTo(Decision.Source.SHARED);
		return decision;
	}

	private static long redisMicros() {
		List<?> time = redis.server().list("TIME");
		return TimeUnit.SECONDS.toMicros(Long.parseLong(time.get(0).toString()))
				+ Long.parseLong(time.get(1).toString());
	}

	/**
	 * Creates an instance on a machine whose wall clock and monotonic clock are wrong.
	 */
	private static RateLimiter limiter(int connection, Duration skew) {
		StoreClock clock = new StoreClock(() -> System.nanoTime() + skew.toNanos(),
				() -> System.currentTimeMillis() + skew.toMillis());
		return new RateLimiter(new RedisBucketStore(connections.get(connection).scripts()), new LocalBucketStore(),
				Duration.ofSeconds(20), List.of(), clock);
	}

}
