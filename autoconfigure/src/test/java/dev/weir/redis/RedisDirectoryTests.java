package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import dev.weir.core.OnUnavailable;
import dev.weir.embeddedredis.RedisCluster;
import dev.weir.lease.LeaseDirectory;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseStore;
import dev.weir.ratelimit.BucketLevel;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimiter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link RedisLeaseDirectory} and {@link RedisBucketDirectory}.
 */
@Timeout(60)
class RedisDirectoryTests {

	private static final Duration TTL = Duration.ofSeconds(30);

	private static TestRedis redis;

	private static TestRedis.Instance instance;

	private final LeaseDirectory directory = new RedisLeaseDirectory(instance.scripts());

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		instance = redis.connect();
	}

	@AfterAll
	static void stop() {
		instance.close();
		redis.close();
	}

	@AfterEach
	void flush() {
		redis.server().command("FLUSHALL");
	}

	@Test
	void listsLocksAndPermitsWithHoldersAndWaiters() throws Exception {
		String owner = "id-1|1000|shop|1|Job.run";
		take(new LeaseKey(LeaseKind.LOCK, "weir:job:{eu}:7"), owner, LeaseStore.Queue.OUT);
		take(new LeaseKey(LeaseKind.LOCK, "weir:job:{eu}:7"), "id-2", LeaseStore.Queue.ENTER);
		take(new LeaseKey(LeaseKind.SEMAPHORE, "weir:batch"), "id-3", LeaseStore.Queue.OUT);
		take(new LeaseKey(LeaseKind.SEMAPHORE, "weir:batch"), "id-4", LeaseStore.Queue.OUT);
		take(new LeaseKey(LeaseKind.SEMAPHORE, "weir:batch"), "id-5", LeaseStore.Queue.ENTER);
		redis.server().command("HSET", "weir:other", "a", "b");
		redis.server().command("SET", "session:alice", "secret");
		List<LeaseDirectory.Place> places = all("weir:", 100);
		assertThat(places).hasSize(3).allSatisfy((place) -> {
			assertThat(place.waitingInstances()).isEqualTo(1);
			assertThat(place.remaining()).isBetween(Duration.ZERO, TTL.plusSeconds(1));
		});
		assertThat(places).filteredOn((place) -> place.key().kind() == LeaseKind.LOCK)
			.singleElement()
			.satisfies((place) -> assertThat(place.holder().purpose()).isEqualTo("Job.run"));
		assertThat(places).extracting(LeaseDirectory.Place::owner).contains("id-3", "id-4");
		assertThat(look(new LeaseKey(LeaseKind.SEMAPHORE, "weir:batch"))).hasSize(2);
		assertThat(look(new LeaseKey(LeaseKind.LOCK, "weir:batch"))).isEmpty();
	}

	@Test
	void skipsStringsThatAreNoLocks() throws Exception {
		redis.server().command("SET", "weir:%tx:order-17", "1");
		redis.server().command("SET", RedisKeys.settlement("weir:{eu}chat", "17"), "");
		redis.server().command("SET", "weir:page", "x".repeat(1025));
		redis.server().command("SET", "weir:lock", "x".repeat(1024));
		assertThat(all("weir:", 100)).singleElement()
			.satisfies((place) -> assertThat(place.key().value()).isEqualTo("weir:lock"));
	}

	@Test
	void listsOtherKeysThanThoseThatCannotBeListed() throws Exception {
		redis.server().command("SET", "weir:a", "owner");
		redis.server().command("SET", "{weir:a}%waiters", "something else");
		redis.server().command("SET", "weir:b", "owner");
		assertThat(all("weir:", 100)).singleElement()
			.satisfies((place) -> assertThat(place.key().value()).isEqualTo("weir:b"));
	}

	@Test
	void skipsExpiredPermits() throws Exception {
		redis.server().command("ZADD", "weir:batch", "1000", "crashed");
		assertThat(all("weir:", 100)).isEmpty();
	}

	@Test
	void aPrefixIsNoPattern() throws Exception {
		take(new LeaseKey(LeaseKind.LOCK, "weir:a*[b]?"), "id", LeaseStore.Queue.OUT);
		take(new LeaseKey(LeaseKind.LOCK, "weir:axxx"), "id", LeaseStore.Queue.OUT);
		assertThat(all("weir:a*[b]?", 100)).hasSize(1);
	}

	@Test
	void listsManyKeysInPagesWithoutBlockingRedis() throws Exception {
		for (int i = 0; i < 2500; i++) {
			redis.server().command("SET", "weir:job:" + i, "owner", "PX", "30000");
		}
		redis.resetCommandCounts();
		LeaseDirectory.Page first = this.directory.list("weir:", null, 100)
			.toCompletableFuture()
			.get(20, TimeUnit.SECONDS);
		assertThat(first.places()).hasSizeBetween(100, 1000);
		assertThat(first.next()).isNotNull();
		assertThat(all("weir:", 100)).extracting((place) -> place.key().value())
			.hasSizeGreaterThanOrEqualTo(2500)
			.satisfies((keys) -> assertThat(new HashSet<>(keys)).hasSize(2500));
		assertThat(redis.commandCalls("keys")).isZero();
		assertThatIllegalArgumentException().isThrownBy(() -> this.directory.list("weir:", "17", 100))
			.withMessageContaining("is no cursor");
	}

	@ParameterizedTest
	@ValueSource(strings = { "17", "0-99999999999999999999", "0-18446744073709551616", "0--1", "99999-0", "0-\u0661",
			"0-1\n", "" })
	void checksACursorBeforeItIsSent(String cursor) {
		assertThatIllegalArgumentException().isThrownBy(() -> this.directory.list("weir:", cursor, 100))
			.withMessageContaining("is no cursor");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new RedisBucketDirectory(instance.scripts()).list("weir:", cursor, 100));
	}

	@Test
	void theHighestCursorOfRedisIsValid() throws Exception {
		assertThat(this.directory.list("weir:", "0-18446744073709551615", 1)
			.toCompletableFuture()
			.get(20, TimeUnit.SECONDS)
			.places()).isEmpty();
	}

	@Test
	void listsBucketsWithTheirCurrentTokens() throws Exception {
		RateLimiter limiter = instance.rateLimiter();
		limiter.tryConsume(List.of(new Charge("chat", "weir:chat:alice", new RateLimit(60, Duration.ofHours(1), 90), 30,
				OnUnavailable.FAIL, false)))
			.get(20, TimeUnit.SECONDS);
		redis.server().command("SET", "weir:chat:other%tokens", "something else");
		assertThat(new RedisBucketDirectory(instance.scripts()).list("weir:chat", null, 10)
			.toCompletableFuture()
			.get(20, TimeUnit.SECONDS)
			.buckets())
			.containsExactly(BucketLevel.of("weir:chat:alice", 60, new RateLimit(60, Duration.ofHours(1), 90),
					Duration.ZERO, Duration.ZERO));
	}

	@Test
	@Tag("long")
	void listsTheKeysOfAllMastersOfACluster() throws Exception {
		try (RedisCluster cluster = RedisCluster.start()) {
			try (TestRedis.Instance client = TestRedis.connect(RedisAddress.of(cluster), TestRedis.PATIENCE)) {
				Set<String> taken = new HashSet<>();
				for (int i = 0; i < 60; i++) {
					LeaseKey key = new LeaseKey(LeaseKind.LOCK, "weir:job:" + i);
					client.store()
						.tryAcquire(new LeaseStore.Claim(key, "owner", 1, TTL, false, LeaseStore.Queue.OUT))
						.toCompletableFuture()
						.get(20, TimeUnit.SECONDS);
					taken.add(key.value());
				}
				Set<String> shown = new HashSet<>();
				String cursor = null;
				int pages = 0;
				do {
					LeaseDirectory.Page page = new RedisLeaseDirectory(client.scripts()).list("weir:", cursor, 1)
						.toCompletableFuture()
						.get(20, TimeUnit.SECONDS);
					page.places().forEach((place) -> shown.add(place.key().value()));
					cursor = page.next();
					pages++;
				}
				while (cursor != null);
				assertThat(shown).isEqualTo(taken);
				assertThat(pages).isGreaterThanOrEqualTo(3);
			}
		}
	}

	private void take(LeaseKey key, String owner, LeaseStore.Queue queue) throws Exception {
		instance.store()
			.tryAcquire(new LeaseStore.Claim(key, owner, (key.kind() == LeaseKind.LOCK) ? 1 : 2, TTL, false, queue))
			.toCompletableFuture()
			.get(20, TimeUnit.SECONDS);
	}

	private List<LeaseDirectory.Place> look(LeaseKey key) throws Exception {
		return this.directory.look(key).toCompletableFuture().get(20, TimeUnit.SECONDS);
	}

	private List<LeaseDirectory.Place> all(String prefix, int count) throws Exception {
		List<LeaseDirectory.Place> all = new ArrayList<>();
		String cursor = null;
		do {
			LeaseDirectory.Page page = this.directory.list(prefix, cursor, count)
				.toCompletableFuture()
				.get(20, TimeUnit.SECONDS);
			all.addAll(page.places());
			cursor = page.next();
		}
		while (cursor != null);
		return all;
	}

}
