package dev.weir.sample;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests what remains after Redis was started again.
 */
@Timeout(120)
class RecoveryTests {

	private static final String UPLOAD = """
			{"batch_id": "kept", "documents": [{"id": "kept", "ticker": "KEPT", "company": "Kept", "sector": "Kept",
			"title": "Kept", "text": "This note is kept."}]}""";

	@Test
	void aRedisWithPersistenceKeepsUploadsAndCaches(@TempDir Path directory) {
		try (StubProvider provider = new StubProvider();
				RedisServer redis = RedisServer.start("--appendonly", "yes", "--appendfsync", "everysec", "--dir",
						directory.toString());
				Instance instance = Instance.start(provider.properties("spring.data.redis.url=" + redis.uri()))) {
			for (int i = 0; i < 2; i++) {
				// Without documents, Redis may have lost its data, so nothing is cached.
				assertThat(instance.send(null, "/api/search", "{\"query\": \"empty\"}").join().body())
					.isEqualTo("{\"hits\":[],\"cached\":false}");
			}
			assertThat(instance.send("alice", "/api/documents", UPLOAD).join().statusCode()).isEqualTo(201);
			redis.restart();
			await().atMost(40, TimeUnit.SECONDS)
				.until(() -> instance.send("alice", "/api/documents", UPLOAD).join().statusCode() == 200);
			assertThat(hits(instance, "This note is kept.")).hasSize(1);
			assertThat(provider.embedded()).containsEntry("This note is kept.", 1);
		}
	}

	@Test
	void theNotesAreStoredAgainInARedisThatLostItsData() throws Exception {
		try (StubProvider provider = new StubProvider();
				RedisServer redis = RedisServer.start();
				Instance instance = Instance.startWithCorpus(provider.properties("spring.data.redis.url=" + redis.uri(),
						"weir.rate-limit.policies.[search:vector].limit=10000/1m"))) {
			assertThat(hits(instance, "chips")).hasSize(5);
			redis.restart();
			// An empty result is not cached, so it ends together with the loss.
			await().atMost(40, TimeUnit.SECONDS).ignoreExceptions().until(() -> hits(instance, "chips").size() == 5);
			assertThat(redis.number("EXISTS", "{vectors:small:3}:documents")).isEqualTo(1);
		}
	}

	private static JsonNode hits(Instance instance, String query) {
		return Instance.json(instance.send(null, "/api/search", "{\"query\": \"" + query + "\"}").join().body())
			.get("hits");
	}

}
