package dev.weir.sample;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.Lease;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests the users, limits and sizes of uploads, and that documents are embedded anew for
 * another model.
 */
@Timeout(120)
class UploadTests {

	private static final int MAX_DOCUMENTS = 250;

	private static final String DOCUMENTS = "{vectors:small:3}:documents";

	private static StubProvider provider;

	private static RedisServer redis;

	private static Instance instance;

	@BeforeAll
	static void start() {
		provider = new StubProvider();
		redis = RedisServer.start();
		instance = Instance.start(provider.properties("spring.data.redis.url=" + redis.uri(),
				"sample.search.max-documents=" + MAX_DOCUMENTS,
				"weir.rate-limit.policies.[documents:user].limit=40/1h"));
	}

	@AfterAll
	static void stop() {
		instance.close();
		redis.close();
		provider.close();
	}

	@Test
	void onlyKnownUsersMayUpload() {
		assertThat(upload(null, "anonymous", 1).join().statusCode()).isEqualTo(401);
		assertThat(upload("mallory", "mallory", 1).join().statusCode()).isEqualTo(401);
		assertThat(upload("operator", "known", 1).join().statusCode()).isEqualTo(201);
	}

	@Test
	void eachUserHasALimit() {
		List<CompletableFuture<HttpResponse<String>>> uploads = IntStream.range(0, 45)
			.mapToObj((i) -> upload("bob", "limited", 1))
			.toList();
		Map<Integer, Long> statuses = uploads.stream()
			.collect(Collectors.groupingBy((upload) -> upload.join().statusCode(), Collectors.counting()));
		assertThat(statuses).containsEntry(429, 5L).containsKeys(200);
		assertThat(uploads.stream().filter((upload) -> upload.join().statusCode() == 429)).allSatisfy(
				(denied) -> assertThat(denied.join().body()).contains("\"violated-policies\":[\"documents:user\"]"));
	}

	@Test
	void thereIsALargestNumberOfDocuments() {
		assertThat(upload("alice", "large-1", 120).join().statusCode()).isEqualTo(201);
		int calls = provider.calls().size();
		HttpResponse<String> full = upload("alice", "large-2", 150).join();
		assertThat(full.statusCode()).isEqualTo(507);
		assertThat(provider.calls()).hasSize(calls);
		assertThat(full.body()).contains("There are 250 documents at most");
		assertThat(upload("alice", "large-1", 120).join().statusCode()).isEqualTo(200);
	}

	@Test
	void theBodyOfARequestHasALargestSize() throws Exception {
		assertThat(instance.send("alice", "/api/search", "{\"query\": \"" + "x".repeat(3_000_000) + "\"}")
			.join()
			.statusCode()).isEqualTo(413);
		HttpRequest chunked = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + instance.port() + "/api/search"))
			.header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofInputStream(() -> InputStream.nullInputStream()))
			.build();
		assertThat(HttpClient.newHttpClient().send(chunked, HttpResponse.BodyHandlers.ofString()).statusCode())
			.isEqualTo(411);
	}

	@Test
	void documentsOfAnotherModelAreEmbeddedAnewByOneOperatorAtATime() {
		String of = "{\"model\": \"small\", \"dimensions\": 3}";
		assertThat(upload("operator", "reindexed", 1).join().statusCode()).isEqualTo(201);
		// Another service on the same Redis has a new model, with other dimensions.
		redis.command("RENAME", "{vectors:small:3}:documents", "{vectors:small:2}:documents");
		String from = of.replace("3", "2");
		assertThat(instance.send("alice", "/api/documents/reindex", from).join().statusCode()).isEqualTo(403);
		assertThat(instance.send(null, "/api/documents/reindex", from).join().statusCode()).isEqualTo(401);
		LockOperations locks = instance.context().getBean(LockOperations.class);
		try (Lease lease = locks.acquire(LockSpec.of("reindex"))) {
			assertThat(lease.isValid()).isTrue();
			assertThat(instance.send("operator", "/api/documents/reindex", from).join().statusCode()).isEqualTo(409);
		}
		long documents = redis.number("HLEN", "{vectors:small:2}:documents");
		for (int i = 0; i < 2; i++) {
			HttpResponse<String> response = instance.send("operator", "/api/documents/reindex", from).join();
			assertThat(response.body()).isEqualTo("{\"documents\":" + documents + "}");
		}
		assertThat(redis.number("HLEN", "{vectors:small:3}:documents")).isEqualTo(documents).isPositive();
	}

	@Test
	void documentsThatAreEmbeddedAnewDoNotReplaceNewerOnes() {
		assertThat(upload("operator", "newer", 1).join().statusCode()).isEqualTo(201);
		String field = redis.list("HKEYS", DOCUMENTS)
			.stream()
			.map(String::valueOf)
			.filter((key) -> key.endsWith("/newer-0"))
			.findFirst()
			.orElseThrow();
		String newer = redis.text("HGET", DOCUMENTS, field);
		redis.command("HSET", "{vectors:old:2}:documents", field, newer.replace("newer 0", "older 0"));
		String old = "{\"model\": \"old\", \"dimensions\": 2}";
		assertThat(instance.send("operator", "/api/documents/reindex", old).join().body())
			.isEqualTo("{\"documents\":1}");
		assertThat(redis.text("HGET", DOCUMENTS, field)).isEqualTo(newer);
		assertThat(instance.send("operator", "/api/documents/reindex", "{\"model\": \"small\", \"dimensions\": 3}")
			.join()
			.statusCode()).isEqualTo(400);
	}

	@Test
	void usersDoNotMeet() {
		assertThat(upload("alice", "shared", 1).join().statusCode()).isEqualTo(201);
		assertThat(upload("operator", "shared", 2).join().statusCode()).isEqualTo(201);
		assertThat(upload("alice", "shared", 1).join().statusCode()).isEqualTo(200);
		assertThat(
				redis.list("HKEYS", DOCUMENTS).stream().map(String::valueOf).filter((key) -> key.endsWith("/shared-0")))
			.hasSize(2);
	}

	@Test
	void aDocumentThatCannotBeReadDoesNotKeepTheOthersOut() {
		assertThat(upload("operator", "readable", 1).join().statusCode()).isEqualTo(201);
		redis.command("HSET", DOCUMENTS, "broken", "no JSON");
		redis.command("HSET", DOCUMENTS, "short", "{\"document\": null, \"vector\": \"AAAA\"}");
		// The instance reads everything again.
		redis.command("DEL", "{vectors:small:3}:changes");
		assertThat(instance.send(null, "/api/search", "{\"query\": \"readable\"}").join().statusCode()).isEqualTo(200);
		redis.command("HDEL", DOCUMENTS, "broken", "short");
	}

	@Test
	void aDocumentMustNotBeNull() {
		assertThat(instance.send("alice", "/api/documents", "{\"batch_id\": \"null\", \"documents\": [null]}")
			.join()
			.body()).contains("a document must not be null");
	}

	@Test
	void aForeignValueUnderTheKeyOfASemaphoreIsAClearError() {
		redis.command("SET", "embedding_batch", "a value of another service");
		try {
			HttpResponse<String> response = instance.send(null, "/api/embeddings/batch", "{\"texts\": [\"a text\"]}")
				.join();
			assertThat(response.statusCode()).isEqualTo(503);
			assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
			assertThat(response.body()).contains("the data of its guard is not readable");
		}
		finally {
			redis.command("DEL", "embedding_batch");
		}
	}

	@Test
	void invalidQuestionsAndSearchesAreFree() {
		redis.command("DEL", "search:vector%tokens");
		for (int i = 0; i < 40; i++) {
			assertThat(instance.send("alice", "/api/chat", "{\"question\": \" \"}").join().statusCode()).isEqualTo(400);
		}
		assertThat(instance.send("alice", "/api/search", "{\"query\": \" \"}").join().statusCode()).isEqualTo(400);
		assertThat(redis.list("KEYS", "*chat*")).isEmpty();
		assertThat(redis.list("KEYS", "*search:vector*")).isEmpty();
	}

	private static CompletableFuture<HttpResponse<String>> upload(String user, String batch, int documents) {
		List<Map<String, String>> all = IntStream.range(0, documents)
			.mapToObj((i) -> Map.of("id", batch + "-" + i, "ticker", "A", "company", "A", "sector", "A", "title", "A",
					"text", batch + " " + i))
			.toList();
		return instance.send(user, "/api/documents",
				JsonMapper.shared().writeValueAsString(Map.of("batch_id", batch, "documents", all)));
	}

}
