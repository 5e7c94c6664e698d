package dev.weir.sample;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

import org.springframework.util.DigestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the live view of two instances.
 */
@ExtendWith(Cluster.Extension.class)
class LiveTests {

	private static final Pattern SCRIPTS = Pattern.compile("cmdstat_evalsha:calls=(\\d+)");

	private final Cluster cluster;

	LiveTests(Cluster cluster) {
		this.cluster = cluster;
	}

	@Test
	void stampedeOverBothInstancesHasOneComputationAndFortyNineWaiters() throws Exception {
		String texts = "{\"name\": \"live\", \"callers\": 25}";
		CompletableFuture<HttpResponse<String>> one = this.cluster.one().send(null, "/api/stampede", texts);
		CompletableFuture<HttpResponse<String>> two = this.cluster.two().send(null, "/api/stampede", texts);
		JsonNode first = Instance.json(one.join().body());
		JsonNode second = Instance.json(two.join().body());
		assertThat(first.get("computed").asInt() + second.get("computed").asInt()).isEqualTo(1);
		assertThat(first.get("waited").asInt() + second.get("waited").asInt()).isEqualTo(49);
	}

	@Test
	void showsWaitersOfTheOtherInstance() {
		// Another client holds the lock. Keys and values are plain text.
		String lock = "embedding_lock:"
				+ DigestUtils.md5DigestAsHex("a waiter:all-MiniLM-L6-v2".getBytes(StandardCharsets.UTF_8));
		this.cluster.redis().command("SET", lock, "other", "PX", "60000");
		CompletableFuture<HttpResponse<String>> waiter = Instance.embedAsync(this.cluster.one().port(), "a waiter");
		await().atMost(20, TimeUnit.SECONDS).until(() -> guard("locks", "embedding_lock").get("waiting").asInt() == 1);
		this.cluster.redis().command("DEL", lock);
		assertThat(waiter.join().statusCode()).isEqualTo(200);
	}

	@Test
	void showsInstancesLimitsAndDenials() {
		assertThat(live().get("instances")).hasSize(2);
		assertThat(guard("semaphores", "embedding_batch").get("limit").asInt()).isEqualTo(3);
		assertThat(guard("semaphores", "vector_upsert").get("limit").asInt()).isEqualTo(2);
		int before = guard("buckets", "search:vector").get("denied").asInt();
		for (int i = 0; i < 120; i++) {
			this.cluster.one().send(null, "/api/search", "{\"query\": \"chips\"}").join();
		}
		await().atMost(20, TimeUnit.SECONDS)
			.until(() -> guard("buckets", "search:vector").get("denied").asInt() > before);
		assertThat(guard("buckets", "search:vector").get("remaining").asInt()).isLessThan(50);
	}

	@Test
	void oneOfTheInstancesCountsTheCorpus() {
		await().atMost(30, TimeUnit.SECONDS).until(() -> live().hasNonNull("statistics"));
		JsonNode statistics = live().get("statistics");
		assertThat(statistics.get("notes").asInt()).isGreaterThanOrEqualTo(statistics.get("companies").asInt());
		assertThat(statistics.get("companies").asInt()).isEqualTo(48);
		assertThat(statistics.get("words").asInt()).isGreaterThan(1000);
		assertThat(live().get("instances").toString()).contains(statistics.get("instance").asString());
	}

	@Test
	void aViewReadsOnlyItsOwnKeys() {
		live();
		RedisServer redis = this.cluster.redis();
		redis.command("CONFIG", "RESETSTAT");
		for (int i = 0; i < 20; i++) {
			live();
		}
		// Calls of a view that read buckets go to Redis together, in one or two scripts.
		Matcher scripts = SCRIPTS.matcher(redis.text("INFO", "commandstats"));
		assertThat(scripts.find()).isTrue();
		assertThat(Integer.parseInt(scripts.group(1))).isBetween(20, 60);
		// Commands whose cost depends on the number of keys in Redis.
		assertThat(redis.text("INFO", "commandstats")).contains("cmdstat_get:")
			.doesNotContain("cmdstat_scan:")
			.doesNotContain("cmdstat_keys:");
	}

	@Test
	void showsWhenTheCountOfThisMonthBeginsAnew() {
		YearMonth month = YearMonth.now(ZoneOffset.UTC);
		String anew = guard("buckets", "chat:tokens:month").get("anew").asString();
		// The month can end during the test.
		assertThat(Stream.of(month, month.plusMonths(1))
			.map((last) -> last.plusMonths(1).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant().toString()))
			.contains(anew);
		assertThat(guard("buckets", "chat:tokens").get("anew").isNull()).isTrue();
	}

	private JsonNode guard(String kind, String name) {
		for (JsonNode guard : live().get(kind)) {
			if (guard.get("name").asString().equals(name)) {
				return guard;
			}
		}
		throw new AssertionError(name + " is missing");
	}

	private JsonNode live() {
		return Instance.json(this.cluster.two().get("/api/live"));
	}

}
