package dev.weir.sample;

import java.net.http.HttpResponse;

import dev.weir.embeddedredis.RedisCluster;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests the service on a Redis Cluster.
 */
@Tag("long")
@Timeout(120)
class RedisClusterTests {

	private static final String UPLOAD = """
			{"batch_id": "cluster", "documents": [{"id": "a", "ticker": "A", "company": "A", "sector": "A",
			"title": "A", "text": "A note in a cluster."}]}""";

	@Test
	void everythingWorksOnACluster() {
		try (StubProvider provider = new StubProvider();
				RedisCluster cluster = RedisCluster.start();
				Instance instance = Instance.start(provider
					.properties("spring.data.redis.cluster.nodes=" + String.join(",", cluster.addresses())))) {
			assertThat(instance.embed("one text").statusCode()).isEqualTo(200);
			assertThat(instance
				.send(null, "/api/embeddings/batch", "{\"texts\": [\"one text\", \"a second\", \"a third\", \"4\"]}")
				.join()
				.statusCode()).isEqualTo(200);
			assertThat(instance.send("alice", "/api/documents", UPLOAD).join().statusCode()).isEqualTo(201);
			HttpResponse<String> search = instance.send(null, "/api/search", "{\"query\": \"note\"}").join();
			assertThat(Instance.json(search.body()).get("hits")).hasSize(1);
			assertThat(instance.send(null, "/api/search", "{\"query\": \"note\"}").join().body())
				.contains("\"cached\":true");
			assertThat(instance.send("alice", "/api/chat", "{\"question\": \"note\"}").join().body())
				.contains("event:end");
		}
	}

}
