package dev.weir.sample;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests the limits of memory, and instances that have just started.
 */
@Timeout(120)
class CapacityTests {

	@Test
	void cachesAndUploadsLeaveMemoryForLocks() {
		try (StubProvider provider = new StubProvider();
				RedisServer redis = RedisServer.start("--maxmemory", "30mb", "--maxmemory-policy", "noeviction");
				Instance instance = Instance.start(provider.properties("spring.data.redis.url=" + redis.uri()))) {
			assertThat(instance.embed("before").statusCode()).isEqualTo(200);
			assertThat(cached(redis)).isEqualTo(1);
			fill(redis, 24);
			await().atMost(20, TimeUnit.SECONDS).until(() -> {
				long before = cached(redis);
				assertThat(instance.embed("text " + System.nanoTime()).statusCode()).isEqualTo(200);
				return cached(redis) == before;
			});
			// The cache is full. The texts are computed, under their lock.
			assertThat(instance.embed("again").statusCode()).isEqualTo(200);
			assertThat(instance.embed("again").statusCode()).isEqualTo(200);
			assertThat(provider.embedded()).containsEntry("again", 2);
			assertThat(upload(instance, "first").join().statusCode()).isEqualTo(201);
			fill(redis, 27);
			HttpResponse<String> full = await().atMost(20, TimeUnit.SECONDS)
				.until(() -> upload(instance, "batch " + System.nanoTime()).join(),
						(response) -> response.statusCode() == 507);
			assertThat(full.body()).contains("The memory of Redis is almost full");
			assertThat(instance.send(null, "/api/search", "{\"query\": \"chips\"}").join().statusCode()).isEqualTo(200);
			assertThat(instance.get("/actuator/prometheus")).containsPattern("sample_redis_memory_used 0\\.[89]");
		}
	}

	@Test
	void aFailingWriteToTheCacheDoesNotDiscardTheEmbedding() {
		try (StubProvider provider = new StubProvider();
				// This user may read the caches, but not write them.
				RedisServer redis = RedisServer.start("--user", "default", "on", "nopass", "+@all", "&*", "resetkeys",
						"%R~*", "%RW~*embedding_lock*", "%RW~embedding:computed", "%RW~embeddings:user*",
						"%RW~provider*");
				Instance instance = Instance.start(provider.properties("spring.data.redis.url=" + redis.uri()))) {
			HttpResponse<String> response = instance.embed("text");
			assertThat(response.statusCode()).isEqualTo(200);
			assertThat(response.body()).contains("\"cached\":false");
			assertThat(cached(redis)).isZero();
		}
	}

	@Test
	void twoInstancesThatHaveJustStartedAnswerManySearchesAtOnce() {
		try (StubProvider provider = new StubProvider(); RedisServer redis = RedisServer.start()) {
			String[] properties = provider.properties("spring.data.redis.url=" + redis.uri());
			try (Instance one = Instance.startAsItIs(properties); Instance two = Instance.startAsItIs(properties)) {
				for (Instance instance : List.of(one, two)) {
					await().atMost(20, TimeUnit.SECONDS)
						.until(() -> instance.get("/actuator/health/readiness").contains("UP"));
				}
				List<CompletableFuture<HttpResponse<String>>> searches = IntStream.range(0, 130)
					.mapToObj((i) -> ((i % 2 == 0) ? one : two).send(null, "/api/search",
							"{\"query\": \"search " + i + "\"}"))
					.toList();
				assertThat(searches).allSatisfy((search) -> assertThat(search.join().statusCode()).isIn(200, 429));
				assertThat(searches.stream().filter((search) -> search.join().statusCode() == 200).count())
					.isBetween(100L, 110L);
			}
		}
	}

	private static long cached(RedisServer redis) {
		return redis.list("KEYS", "embedding_cache:*").size();
	}

	/**
	 * Fills the memory of Redis up to a number of megabytes.
	 */
	private static void fill(RedisServer redis, int megabytes) {
		for (int i = 0; usedMemory(redis) < megabytes * 1_000_000L; i++) {
			redis.command("SET", "filler:" + megabytes + ":" + i, "x".repeat(100_000));
		}
	}

	private static long usedMemory(RedisServer redis) {
		return redis.text("INFO", "memory")
			.lines()
			.filter((line) -> line.startsWith("used_memory:"))
			.mapToLong((line) -> Long.parseLong(line.substring(12).strip()))
			.sum();
	}

	private static CompletableFuture<HttpResponse<String>> upload(Instance instance, String batch) {
		return instance.send("alice", "/api/documents", """
				{"batch_id": "%s", "documents": [{"id": "a", "ticker": "A", "company": "A", "sector": "A",
				"title": "A", "text": "A"}]}""".formatted(batch));
	}

}
