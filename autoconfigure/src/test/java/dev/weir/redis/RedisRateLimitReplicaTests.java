package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import dev.weir.core.OnUnavailable;
import dev.weir.embeddedredis.RedisSentinel;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimiter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests with a master and a replica. Redisson reads from the replica by default, but
 * decisions never depend on it.
 */
@Timeout(60)
class RedisRateLimitReplicaTests {

	private static final int CALLS = 100;

	private static final RateLimit LIMIT = RateLimit.of(CALLS / 2, Duration.ofDays(365));

	private static RedisSentinel sentinel;

	private static TestRedis.Instance one;

	private static TestRedis.Instance two;

	@BeforeAll
	static void start() {
		sentinel = RedisSentinel.start();
		one = connect(sentinel, Duration.ofSeconds(20));
		two = connect(sentinel, Duration.ofSeconds(20));
	}

	@AfterAll
	static void stop() {
		two.close();
		one.close();
		sentinel.close();
	}

	@Test
	void aPausedReplicaChangesNoDecisionAndCausesNoRetries() {
		RedisServer replica = sentinel.replica();
		assertThatDecisionsAreExact("before");
		await().atMost(20, TimeUnit.SECONDS).until(() -> replica.number("EXISTS", "replica:before%tokens") == 1);
		replica.pause();
		try {
			assertThatDecisionsAreExact("stopped");
		}
		finally {
			replica.resume();
		}
	}

	@Test
	void aReplicaWithOtherDataChangesNoDecisionAndCausesNoRetries() {
		RedisServer replica = sentinel.replica();
		replica.command("CONFIG", "SET", "replica-read-only", "no");
		for (String key : List.of("full", "empty")) {
			replica.command("SET", "replica:" + key + "%tokens", "something else");
			assertThatDecisionsAreExact(key);
		}
	}

	@Test
	void afterAFailoverTheBucketContinuesAtTheLevelOfTheReplica() {
		try (RedisSentinel failing = RedisSentinel.start();
				TestRedis.Instance client = connect(failing, Duration.ofSeconds(1))) {
			RateLimiter limiter = limiter(client);
			for (int i = 0; i < 10; i++) {
				decide(limiter, "failover");
			}
			String bucket = failing.master().text("GET", "replica:failover%tokens");
			await().atMost(20, TimeUnit.SECONDS)
				.until(() -> bucket.equals(failing.replica().text("GET", "replica:failover%tokens")));
			failing.master().kill();
			AtomicReference<Decision> first = new AtomicReference<>();
			await().atMost(40, TimeUnit.SECONDS).ignoreExceptions().until(() -> {
				first.set(decide(limiter, "failover"));
				return true;
			});
			assertThat(first.get().remaining()).isEqualTo(LIMIT.burst() - 11);
		}
	}

	private static void assertThatDecisionsAreExact(String key) {
		List<RateLimiter> instances = List.of(limiter(one), limiter(two));
		// Each client loads the script.
		instances.forEach((limiter) -> assertThat(decide(limiter, key).allowed()).isTrue());
		sentinel.master().command("CONFIG", "RESETSTAT");
		int allowed = 0;
		for (int i = 0; i < CALLS; i++) {
			allowed += decide(instances.get(i % 2), key).allowed() ? 1 : 0;
		}
		assertThat(allowed).isEqualTo(LIMIT.limit() - 2);
		long scripts = sentinel.master()
			.text("INFO", "commandstats")
			.lines()
			.filter((line) -> line.startsWith("cmdstat_evalsha:calls="))
			.mapToLong((line) -> Long.parseLong(line.substring("cmdstat_evalsha:calls=".length(), line.indexOf(','))))
			.sum();
		assertThat(scripts).isEqualTo(CALLS);
	}

	private static Decision decide(RateLimiter limiter, String key) {
		Decision decision = limiter
			.tryConsume(List.of(new Charge(key, "replica:" + key, LIMIT, 1, OnUnavailable.FAIL, false)))
			.join()
			.all()
			.get(0);
		assertThat(decision.source()).isEqualTo(Decision.Source.SHARED);
		return decision;
	}

	private static RateLimiter limiter(TestRedis.Instance instance) {
		return instance.rateLimiter();
	}

	private static TestRedis.Instance connect(RedisSentinel sentinel, Duration timeout) {
		return TestRedis.connect(RedisAddress.of(sentinel), timeout);
	}

}
