package dev.weir.redis;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import dev.weir.core.OnUnavailable;
import dev.weir.core.StoreUnavailableException;
import dev.weir.embeddedredis.RedisCluster;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.BucketLevel;
import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.BucketStoreContract;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.Quota;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimiter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link RedisBucketStore}.
 */
class RedisBucketStoreTests extends BucketStoreContract {

	private static TestRedis redis;

	private static TestRedis.Instance instance;

	private static RedisBucketStore store;

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		instance = redis.connect(Duration.ofSeconds(5));
		store = new RedisBucketStore(instance.scripts());
	}

	@AfterAll
	static void stop() {
		instance.close();
		redis.close();
	}

	@Override
	protected BucketStore store() {
		return store;
	}

	@Test
	void aValueOfAnotherTypeFailsOnlyItsOwnCallsAndIsLeftUnchanged() {
		redis.server().command("RPUSH", "taken%tokens", "something else");
		redis.server().command("SET", "text%tokens", "something else");
		BucketStore.Answer answer = store.decide(List.of(take("taken"), take("text"), take("mine")))
			.toCompletableFuture()
			.join();
		assertThat(answer.results().get(0)).containsExactly((BucketStore.Level) null);
		assertThat(answer.results().get(1)).containsExactly((BucketStore.Level) null);
		assertThat(answer.results().get(2).get(0).tokens()).isEqualTo(9);
		assertThat(redis.server().number("LLEN", "taken%tokens")).isEqualTo(1);
		assertThat(redis.server().text("GET", "text%tokens")).isEqualTo("something else");
	}

	@Test
	void aValueOfAnotherTypeUnderAShadowLimitDeniesNoCall() {
		redis.server().command("RPUSH", "shadowed%tokens", "something else");
		RateLimit limit = new RateLimit(10, Duration.ofMinutes(1), 10);
		BucketStore.Call call = new BucketStore.Call(BucketStore.Action.TAKE,
				List.of(new BucketStore.Take("shadowed", limit, 1, true, 10),
						new BucketStore.Take("real", limit, 1, false, 10)));
		BucketStore.Answer answer = store.decide(List.of(call)).toCompletableFuture().join();
		assertThat(answer.results().get(0).get(0)).isNull();
		assertThat(answer.results().get(0).get(1).tokens()).isEqualTo(9);
	}

	@Test
	void removesNothingButBuckets() {
		redis.server().command("RPUSH", "list%tokens", "something else");
		assertThatExceptionOfType(CompletionException.class)
			.isThrownBy(() -> store.remove("list").toCompletableFuture().join())
			.withCauseInstanceOf(IllegalStateException.class);
		assertThat(redis.server().number("LLEN", "list%tokens")).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "0 60000000 10 9 0 1", "10 999 10 9 0 1", "10 60000000 10 11 0 1",
			"10 60000000 10 9 60000000 1", "10 60000000 1000000000001 9 0 1", "10 60000000 10 9 0",
			"10 60000000 10 9 0 -1" })
	void numbersThatNoBucketHasAreNoBucket(String value) {
		redis.server().command("SET", "odd%tokens", value);
		BucketStore.Answer answer = store.decide(List.of(take("odd"))).toCompletableFuture().join();
		assertThat(answer.results().get(0)).containsExactly((BucketStore.Level) null);
		assertThat(redis.server().text("GET", "odd%tokens")).isEqualTo(value);
	}

	@Test
	void reportsAMissingPermissionAsSuch() {
		redis.server().command("ACL", "SETUSER", "default", "-getrange");
		try {
			assertThatExceptionOfType(CompletionException.class)
				.isThrownBy(() -> store.decide(List.of(take("forbidden"))).toCompletableFuture().join())
				.withMessageContaining("lacks a permission");
		}
		finally {
			redis.server().command("ACL", "SETUSER", "default", "+getrange");
		}
	}

	@Test
	void aFullRedisIsUnavailable() {
		redis.server().command("CONFIG", "SET", "maxmemory", "1");
		try {
			assertThatExceptionOfType(CompletionException.class)
				.isThrownBy(() -> store.decide(List.of(take("full"))).toCompletableFuture().join())
				.withCauseInstanceOf(StoreUnavailableException.class);
		}
		finally {
			redis.server().command("CONFIG", "SET", "maxmemory", "0");
		}
	}

	@Test
	void aQuotaIsPlainTextThatExpiresAtItsEnd() {
		RateLimit perDay = RateLimit.of(10, new Quota(Quota.Period.DAY, ZoneOffset.UTC));
		store.decide(List.of(take("quota", perDay))).toCompletableFuture().join();
		assertThat(redis.server().text("GET", "quota%tokens")).matches("10 1 \\d{16} \\d{16}");
		long left = Duration.between(Instant.now(), perDay.quota().end(Instant.now())).toMillis();
		assertThat(redis.server().number("PTTL", "quota%tokens")).isBetween(left - 10_000, left + 2_000);
		RedisBucketDirectory directory = new RedisBucketDirectory(instance.scripts());
		BucketLevel level = directory.list("quota", null, 100).toCompletableFuture().join().buckets().get(0);
		assertThat(level.remaining()).isEqualTo(9);
		assertThat(level.limit().window()).isEqualTo(Duration.ofDays(1));
		assertThat(level.anew().toMillis()).isBetween(left - 10_000, left + 2_000);
	}

	@Test
	void instancesWhoseClocksAreWrongCountInThePeriodOfRedis() {
		RateLimit perDay = RateLimit.of(10, new Quota(Quota.Period.DAY, ZoneOffset.UTC));
		for (Duration ahead : List.of(Duration.ofHours(-1), Duration.ofHours(1), Duration.ofDays(-20_000),
				Duration.ofDays(2))) {
			RedisBucketStore other = new RedisBucketStore(instance.scripts(), () -> Instant.now().plus(ahead));
			for (int i = 0; i < 2; i++) {
				redis.resetCommandCounts();
				assertThat(other.decide(List.of(take("clocks", perDay))).toCompletableFuture().join().results().get(0))
					.allMatch(BucketStore.Level::allowed);
				// Only the first call finds out that the clock is wrong.
				boolean first = i == 0 && ahead.abs().compareTo(Duration.ofDays(1)) > 0;
				assertThat(redis.scriptCalls()).isEqualTo(first ? 2 : 1);
			}
		}
		assertThat(redis.server().text("GET", "clocks%tokens")).startsWith("10 8 ");
	}

	@Test
	void aPausedBucketIsPlainTextThatExpiresWhenThePauseIsOver() {
		BucketStore.Call taken = take("paused");
		store.decide(List.of(BucketStore.Call.pausing(taken.takes(), Duration.ofMinutes(2))))
			.toCompletableFuture()
			.join();
		assertThat(redis.server().text("GET", "paused%tokens")).matches("10 60000000 10 10 0 \\d{16} \\d{16}");
		assertThat(redis.server().number("PTTL", "paused%tokens")).isBetween(110_000L, 122_000L);
		store.decide(List.of(BucketStore.Call.pausing(taken.takes(), Duration.ZERO))).toCompletableFuture().join();
		assertThat(redis.server().text("GET", "paused%tokens")).matches("10 60000000 10 10 0 \\d{16}");
	}

	private static BucketStore.Call take(String key, RateLimit limit) {
		return new BucketStore.Call(BucketStore.Action.TAKE,
				List.of(new BucketStore.Take(key, limit, 1, false, limit.burst())));
	}

	@Test
	void sendsScriptsAgainThatRedisHasForgotten() {
		redis.server().command("SCRIPT", "FLUSH");
		assertThat(store.decide(List.of(take("again"))).toCompletableFuture().join().results()).hasSize(1);
	}

	@Test
	void aBucketIsPlainTextThatExpiresWhenItIsFull() {
		store.decide(List.of(take("plain"))).toCompletableFuture().join();
		assertThat(redis.server().text("GET", "plain%tokens")).matches("10 60000000 10 9 0 \\d{16}");
		assertThat(redis.server().number("PTTL", "plain%tokens")).isBetween(1_000L, 7_000L);
	}

	private static BucketStore.Call take(String key) {
		return new BucketStore.Call(BucketStore.Action.TAKE,
				List.of(new BucketStore.Take(key, RateLimit.of(10, Duration.ofMinutes(1)), 1, false, 10)));
	}

	@Test
	void callsAreDecidedAloneWhileTheirSlotMoves() {
		try (RedisCluster cluster = RedisCluster.start()) {
			try (TestRedis.Instance client = TestRedis.connect(RedisAddress.of(cluster), TestRedis.PATIENCE)) {
				RateLimiter limiter = new RateLimiter(new RedisBucketStore(client.scripts()),
						LocalBucketStore.standIn(), TestRedis.PATIENCE, List.of());
				assertThat(decide(limiter, "{eu}known").source()).isEqualTo(Decision.Source.SHARED);
				RedisServer from = cluster.nodeOf("{eu}");
				RedisServer to = cluster.nodes()
					.stream()
					.filter((node) -> node.port() != from.port())
					.findFirst()
					.get();
				String slot = Integer.toString(RedisKeys.slot("{eu}"));
				to.command("CLUSTER", "SETSLOT", slot, "IMPORTING", from.text("CLUSTER", "MYID"));
				from.command("CLUSTER", "SETSLOT", slot, "MIGRATING", to.text("CLUSTER", "MYID"));
				List<CompletableFuture<Decisions>> calls = new ArrayList<>();
				for (int i = 0; i < 30; i++) {
					calls.add(limiter.tryConsume(List.of(charge("{eu}known"))));
					calls.add(limiter.tryConsume(List.of(charge("{eu}new" + i))));
				}
				assertThat(calls).allSatisfy((call) -> assertThat(call.join().all().get(0)).satisfies((decision) -> {
					assertThat(decision.source()).isEqualTo(Decision.Source.SHARED);
					assertThat(decision.allowed()).isTrue();
				}));
				assertThat(decide(limiter, "{eu}known").remaining()).isEqualTo(100 - 32);
			}
		}
	}

	private static Decision decide(RateLimiter limiter, String key) {
		return limiter.tryConsume(List.of(charge(key))).join().all().get(0);
	}

	private static Charge charge(String key) {
		return new Charge("moving", key, RateLimit.of(100, Duration.ofDays(365)), 1, OnUnavailable.LOCAL, false);
	}

	@Test
	void computesTheSlotsOfACluster() {
		try (RedisCluster cluster = RedisCluster.start()) {
			RedisServer node = cluster.nodes().get(0);
			assertThat(List.of("weir:chat:user:1", "{tag}x", "a{tag}", "a{}b", "a{", "}{x}", "{{x}}", "\u00e4"))
				.allSatisfy((key) -> assertThat((long) RedisKeys.slot(key))
					.isEqualTo(node.number("CLUSTER", "KEYSLOT", key)));
		}
	}

}
