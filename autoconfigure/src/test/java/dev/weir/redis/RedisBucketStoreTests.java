package dev.weir.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;

import dev.weir.core.StoreUnavailableException;
import dev.weir.embeddedredis.RedisCluster;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.BucketStore.AssumedTime;
import dev.weir.ratelimit.BucketStore.Swap;
import dev.weir.ratelimit.BucketStoreContract;
import dev.weir.ratelimit.StoredBucket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link RedisBucketStore}.
 */
class RedisBucketStoreTests extends BucketStoreContract {

	private static final AssumedTime ANY_TIME = new AssumedTime(0, Long.MAX_VALUE / 4, Long.MAX_VALUE / 4);

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
	void returnsAValueOfAnotherTypeAndLeavesItUnchanged() {
		redis.server().command("RPUSH", "taken%bucket", "something else");
		BucketStore.Answer answer = store
			.swap(List.of(new Swap("taken", null, StoredBucket.of(new byte[] { 1 }), 1000)), ANY_TIME)
			.toCompletableFuture()
			.join();
		assertThat(answer.applied()).isFalse();
		assertThat(answer.buckets()).containsExactly(StoredBucket.of("not a string".getBytes(StandardCharsets.UTF_8)));
		assertThat(redis.server().number("LLEN", "taken%bucket")).isEqualTo(1);
	}

	@Test
	void aFullRedisIsUnavailable() {
		redis.server().command("CONFIG", "SET", "maxmemory", "1");
		try {
			assertThatExceptionOfType(CompletionException.class)
				.isThrownBy(() -> store
					.swap(List.of(new Swap("full", null, StoredBucket.of(new byte[] { 1 }), 1000)), ANY_TIME)
					.toCompletableFuture()
					.join())
				.withCauseInstanceOf(StoreUnavailableException.class);
		}
		finally {
			redis.server().command("CONFIG", "SET", "maxmemory", "0");
		}
	}

	@Test
	void sendsScriptsAgainThatRedisHasForgotten() {
		redis.server().command("SCRIPT", "FLUSH");
		assertThat(store.swap(List.of(new Swap("again", null, StoredBucket.of(new byte[] { 1 }), 1000)), ANY_TIME)
			.toCompletableFuture()
			.join()
			.applied()).isTrue();
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
