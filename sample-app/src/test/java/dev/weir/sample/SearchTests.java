package dev.weir.sample;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import dev.weir.sample.load.Work;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.io.ClassPathResource;
import org.springframework.util.DigestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for vector search and uploads on two instances.
 */
@ExtendWith(Cluster.Extension.class)
class SearchTests {

	private static final String SLOW = "Stampede ";

	private final Cluster cluster;

	SearchTests(Cluster cluster) {
		this.cluster = cluster;
	}

	@Test
	void bothInstancesShareCachedSearchResults() {
		JsonNode first = search(this.cluster.one(), "Who prints the finest structures of chips?", 3, Map.of());
		assertThat(tickers(first)).hasSize(3).first().isEqualTo("ASML");
		assertThat(first.get("cached").asBoolean()).isFalse();
		JsonNode second = search(this.cluster.two(), "Who prints the finest structures of chips?", 3, Map.of());
		assertThat(second.get("cached").asBoolean()).isTrue();
		assertThat(second.get("hits")).isEqualTo(first.get("hits"));
	}

	@Test
	void filterSelectsDocumentsBySectorOrTicker() {
		JsonNode all = search(this.cluster.one(), "advertising", 5, Map.of());
		assertThat(tickers(all)).contains("META");
		JsonNode filtered = search(this.cluster.one(), "advertising", 5, Map.of("sector", "Energy"));
		assertThat(tickers(filtered)).containsExactlyInAnyOrder("XOM", "CVX", "NEE");
		JsonNode one = search(this.cluster.one(), "advertising", 5, Map.of("ticker", "KO"));
		assertThat(tickers(one)).containsExactly("KO");
	}

	@Test
	void notesAnswerTheGoldenQueries() throws IOException {
		String golden = new ClassPathResource("golden-queries.txt").getContentAsString(StandardCharsets.UTF_8);
		List<String> missed = new ArrayList<>();
		List<String> lines = golden.lines().toList();
		for (String line : lines) {
			String[] parts = line.split(" ", 2);
			if (!tickers(search(this.cluster.one(), parts[1], 3, Map.of())).contains(parts[0])) {
				missed.add(line);
			}
		}
		assertThat(lines).hasSize(20);
		assertThat(missed).hasSizeLessThanOrEqualTo(2);
	}

	@Test
	void otherInstanceFindsAnUploadAtOnceEvenIfTheSearchWasCached() {
		String query = "Where can I buy a zebra?";
		assertThat(tickers(search(this.cluster.two(), query, 1, Map.of()))).doesNotContain("ZBRA");
		assertThat(search(this.cluster.two(), query, 1, Map.of()).get("cached").asBoolean()).isTrue();
		HttpResponse<String> upload = upload(this.cluster.one(), "zebras", "Zebras are bred and sold here.").join();
		assertThat(upload.statusCode()).isEqualTo(201);
		JsonNode after = search(this.cluster.two(), query, 1, Map.of());
		assertThat(after.get("cached").asBoolean()).isFalse();
		assertThat(tickers(after)).containsExactly("ZBRA");
	}

	@Test
	void storesABatchThatIsSentSeveralTimesOnlyOnce() throws Exception {
		long before = this.cluster.one().computedEverywhere();
		List<CompletableFuture<HttpResponse<String>>> uploads = new ArrayList<>();
		for (int i = 0; i < 6; i++) {
			uploads.add(upload(this.cluster.get(i), "same", SLOW + "of one batch"));
		}
		assertThat(uploads.stream().map((upload) -> upload.join().statusCode())).containsOnlyOnce(201)
			.contains(200, 200, 200, 200, 200);
		assertThat(uploads.stream()
			.map((upload) -> Instance.json(upload.join().body()))
			.filter((answer) -> answer.get("stored").asBoolean())).hasSize(1);
		HttpResponse<String> later = upload(this.cluster.two(), "same", SLOW + "of one batch").join();
		assertThat(later.statusCode()).isEqualTo(200);
		assertThat(Instance.json(later.body()).get("stored").asBoolean()).isFalse();
		assertThat(this.cluster.one().computedEverywhere() - before).isEqualTo(1);
	}

	@Test
	void runsAtMostTwoUploadsAndThreeEmbeddingBatchesAtTheSameTime() throws Exception {
		List<CompletableFuture<HttpResponse<String>>> uploads = new ArrayList<>();
		List<CompletableFuture<HttpResponse<String>>> batches = new ArrayList<>();
		for (int i = 0; i < 8; i++) {
			uploads.add(upload(this.cluster.get(i), "overlap-" + i, SLOW + "of upload " + i));
			batches.add(this.cluster.get(i)
				.send(null, "/api/embeddings/batch", "{\"texts\": [\"" + SLOW + "of batch " + i + "\"]}"));
		}
		assertThat(Work.maxAtOnce(work(uploads, "vector_upsert"))).isEqualTo(2);
		assertThat(Work.maxAtOnce(work(batches, "embedding_batch"))).isBetween(2, 3);
	}

	@Test
	void usesTheKeysOfThePythonService() {
		String text = SLOW + "to look at the keys";
		CompletableFuture<HttpResponse<String>> upload = upload(this.cluster.one(), "keys", text);
		String embeddingLock = "embedding_lock:" + md5(text + ":all-MiniLM-L6-v2");
		await().atMost(20, TimeUnit.SECONDS)
			.pollInterval(5, TimeUnit.MILLISECONDS)
			.until(() -> this.cluster.redis().number("EXISTS", embeddingLock) == 1);
		long held = this.cluster.redis().number("EXISTS", "upsert_batch:" + md5("keys"), embeddingLock);
		long permits = this.cluster.redis().number("ZCARD", "vector_upsert");
		long batches = this.cluster.redis().number("ZCARD", "embedding_batch");
		assertThat(upload.join().statusCode()).isEqualTo(201);
		assertThat(List.of(held, permits, batches)).containsExactly(2L, 1L, 1L);
	}

	@Test
	void deniesTheHundredAndFirstSearchWithinAMinute() {
		List<CompletableFuture<HttpResponse<String>>> searches = IntStream.range(0, 130)
			.mapToObj((i) -> this.cluster.get(i).send(null, "/api/search", "{\"query\": \"chips\"}"))
			.toList();
		long start = System.nanoTime();
		long allowed = searches.stream().filter((search) -> search.join().statusCode() == 200).count();
		long refill = 1 + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) * 100 / 60;
		assertThat(allowed).isBetween(100L, 101 + refill);
		assertThat(searches.stream().filter((search) -> search.join().statusCode() == 429)).isNotEmpty()
			.allSatisfy((denied) -> {
				assertThat(denied.join().headers().firstValueAsLong("Retry-After").orElse(0)).isPositive();
				assertThat(denied.join().body()).contains("\"violated-policies\":[\"search:vector\"]");
			});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = { "/api/search | {} | 'query' must not be blank",
			"/api/search | {\"query\": \"a\", \"top_k\": 0} | 'top_k' must be at least 1",
			"/api/search | {\"query\": \"a\", \"filter\": {\"sector\": \"a:b\"}} | 'sector' must be the name",
			"/api/search | {\"query\": \"a\", \"filter\": {\"sectr\": \"Tech\"}} | Failed to read request",
			"/api/documents | {\"batch_id\": \"a\"} | 'documents' must not be empty",
			"/api/documents | {\"batch_id\": \"a\", \"documents\": [{\"id\": \"a b\"}]} | 'id' must be up to 100",
			"/api/embeddings/batch | {\"texts\": [\"\"]} | a text must not be blank" })
	void namesTheInvalidField(String path, String body, String message) {
		HttpResponse<String> response = this.cluster.one().send("alice", path, body).join();
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(response.body()).contains(message);
	}

	@Test
	void rejectsTwoDocumentsWithOneId() {
		String document = "{\"id\": \"one\", \"ticker\": \"ONE\", \"company\": \"One\", \"sector\": \"Ones\", "
				+ "\"title\": \"One\", \"text\": \"One\"}";
		HttpResponse<String> response = this.cluster.one()
			.send("alice", "/api/documents",
					"{\"batch_id\": \"twice\", \"documents\": [" + document + ", " + document + "]}")
			.join();
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(response.body()).contains("must not have the same 'id'");
	}

	@Test
	void rejectsOtherDocumentsUnderTheIdOfABatch() {
		assertThat(upload(this.cluster.one(), "conflict", "the first text").join().statusCode()).isEqualTo(201);
		assertThat(upload(this.cluster.two(), "conflict", "the first text").join().statusCode()).isEqualTo(200);
		HttpResponse<String> other = upload(this.cluster.two(), "conflict", "another text").join();
		assertThat(other.statusCode()).isEqualTo(409);
		assertThat(other.body()).contains("was stored before with other documents");
	}

	private static JsonNode search(Instance instance, String query, int topK, Map<String, String> filter) {
		HttpResponse<String> response = instance
			.send(null, "/api/search",
					JsonMapper.shared().writeValueAsString(Map.of("query", query, "top_k", topK, "filter", filter)))
			.join();
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return Instance.json(response.body());
	}

	private static List<String> tickers(JsonNode result) {
		List<String> tickers = new ArrayList<>();
		result.get("hits").forEach((hit) -> tickers.add(hit.get("document").get("ticker").asString()));
		return tickers;
	}

	private static CompletableFuture<HttpResponse<String>> upload(Instance instance, String batch, String text) {
		Map<String, String> document = Map.of("id", batch, "ticker", "ZBRA", "company", "Zebras", "sector", "Animals",
				"title", "Zebras", "text", text);
		return instance.send("alice", "/api/documents",
				JsonMapper.shared().writeValueAsString(Map.of("batch_id", batch, "documents", List.of(document))));
	}

	private static List<Work> work(List<CompletableFuture<HttpResponse<String>>> answers, String policy) {
		return answers.stream().map((answer) -> Work.of(answer.join(), policy)).toList();
	}

	private static String md5(String text) {
		return DigestUtils.md5DigestAsHex(text.getBytes(StandardCharsets.UTF_8));
	}

}
