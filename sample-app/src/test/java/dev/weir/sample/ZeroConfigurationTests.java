package dev.weir.sample;

import java.net.http.HttpResponse;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the sample without any configuration, as a new user starts it.
 */
class ZeroConfigurationTests {

	private static Instance instance;

	@BeforeAll
	static void start() throws Exception {
		instance = Instance.startWithCorpus();
	}

	@AfterAll
	static void stop() {
		RedisServer redis = instance.context().getBean(RedisServer.class);
		instance.close();
		await().atMost(20, TimeUnit.SECONDS).until(() -> !redis.isRunning());
	}

	@Test
	void computesAnEmbeddingOnceAndThenReadsTheCache() throws Exception {
		long before = instance.computed();
		JsonNode first = embed("What does the company earn its money with?");
		assertThat(first.get("model").asString()).isEqualTo("all-MiniLM-L6-v2");
		assertThat(first.get("dimensions").asInt()).isEqualTo(384);
		assertThat(first.get("embedding")).hasSize(384);
		assertThat(first.get("cached").asBoolean()).isFalse();
		JsonNode second = embed("What does the company earn its money with?");
		assertThat(second.get("cached").asBoolean()).isTrue();
		assertThat(second.get("embedding")).isEqualTo(first.get("embedding"));
		assertThat(instance.computed()).isEqualTo(before + 1);
	}

	@Test
	void cacheEntryHasTheKeyOfThePythonServiceAndExpires() {
		embed("hello");
		RedisServer redis = instance.context().getBean(RedisServer.class);
		// hashlib.md5(b"hello:all-MiniLM-L6-v2").hexdigest()
		String key = "embedding_cache:6bce2777d5738d0a634c5274bcca49de";
		assertThat(redis.number("STRLEN", key)).isEqualTo(384 * 4);
		assertThat(redis.number("TTL", key)).isBetween(86_000L, 86_400L);
		assertThat(redis.number("EXISTS", "embedding_lock:6bce2777d5738d0a634c5274bcca49de")).isZero();
	}

	@Test
	void textsWithTheSameMeaningAreCloserThanOtherTexts() {
		float[] one = vector("The company sells cloud computing to businesses.");
		float[] same = vector("Enterprises rent servers from this firm.");
		float[] other = vector("My cat likes to sleep in the sun.");
		assertThat(cosine(one, same)).isGreaterThan(cosine(one, other) + 0.1);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "{}", "{\"text\": \"  \"}", "{\"text\": ", "{\"text\": \"a\", \"model\": \"gpt-9\"}" })
	void returnsBadRequestForAnInvalidRequest(String body) {
		HttpResponse<String> response = Instance.post(instance.port(), body).join();
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
	}

	@Test
	void namesTheKnownModelIfAModelIsUnknown() {
		HttpResponse<String> response = Instance.post(instance.port(), "{\"text\": \"a\", \"model\": \"gpt-9\"}")
			.join();
		assertThat(response.body()).contains("There is no model 'gpt-9'. Use the model 'all-MiniLM-L6-v2'");
	}

	@Test
	void returnsBadRequestForATextWithoutReadableCharacters() {
		HttpResponse<String> response = instance.embed("\u200B\u200B");
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(response.body()).contains("The model can read nothing in this text");
	}

	@Test
	void namesTheFieldIfTheTextIsMissing() {
		assertThat(Instance.post(instance.port(), "{}").join().body()).contains("'text' must not be blank");
	}

	@Test
	void rejectsATextThatIsTooLong() {
		assertThat(instance.embed("x".repeat(8001)).statusCode()).isEqualTo(400);
		assertThat(instance.embed("x ".repeat(4000)).statusCode()).isEqualTo(200);
	}

	private static JsonNode embed(String text) {
		HttpResponse<String> response = instance.embed(text);
		assertThat(response.statusCode()).isEqualTo(200);
		return Instance.json(response.body());
	}

	private static float[] vector(String text) {
		JsonNode values = embed(text).get("embedding");
		float[] vector = new float[values.size()];
		for (int i = 0; i < vector.length; i++) {
			vector[i] = values.get(i).asFloat();
		}
		return vector;
	}

	private static double cosine(float[] one, float[] other) {
		double dot = 0;
		double lengthOfOne = 0;
		double lengthOfOther = 0;
		for (int i = 0; i < one.length; i++) {
			dot += one[i] * other[i];
			lengthOfOne += one[i] * one[i];
			lengthOfOther += other[i] * other[i];
		}
		return dot / Math.sqrt(lengthOfOne * lengthOfOther);
	}

}
