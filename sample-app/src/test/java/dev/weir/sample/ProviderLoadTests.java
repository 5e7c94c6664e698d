package dev.weir.sample;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.sample.load.Load;
import dev.weir.sample.load.LoadDriver;
import dev.weir.sample.load.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Runs a load over two instances while the provider hangs, drops connections, limits
 * requests and reports errors at random. {@code -Dprovider.seconds=180} runs it longer.
 */
@Timeout(400)
class ProviderLoadTests {

	private static final List<String> TROUBLES = List.of("status 429", "status 500", "stall", "hang", "drop");

	/** One of so many calls fails. */
	private static final int FAILING = 8;

	private static final Pattern LOST = Pattern.compile("(?m)^weir_lease_lost_total\\{.*} (.*)$");

	@Test
	void aFailingProviderCostsNoLeaseNoPermitAndNoSecondComputation() throws Exception {
		Random random = new Random(24);
		Duration time = Duration.ofSeconds(Integer.getInteger("provider.seconds", 5));
		try (StubProvider provider = new StubProvider(() -> trouble(random)); RedisServer redis = RedisServer.start()) {
			String[] properties = provider.properties("spring.data.redis.url=" + redis.uri(),
					"sample.embeddings.openai.timeout=1s", "sample.embeddings.failure-ttl=200ms",
					"sample.chat.openai.silence=1s", "weir.lease.ttl=3s", "weir.rate-limit.max-pause=200ms",
					"weir.rate-limit.policies.[embeddings:user].limit=1000000/1m");
			try (Instance one = Instance.start(properties); Instance two = Instance.start(properties)) {
				LoadDriver driver = new LoadDriver(List.of(url(one), url(two)), url(one), Load.DEFAULT.time(time));
				Verdict verdict = driver.run();
				System.out.println(verdict.table());
				assertThat(verdict.violations(502, 503)).isEmpty();
				assertThat(driver.leftovers()).isEmpty();
				assertThat(verdict.answers()).anyMatch((answer) -> answer.status() >= 500);
				assertThat(provider.embedded()).hasSizeGreaterThan(10)
					.allSatisfy((text, times) -> assertThat(times).as(text).isEqualTo(1));
				for (Instance instance : List.of(one, two)) {
					assertThat(lost(instance)).isZero();
				}
				await().atMost(20, TimeUnit.SECONDS)
					.until(() -> redis.number("EXISTS", "embedding_batch", "vector_upsert") == 0
							&& redis.list("KEYS", "*_lock:*").isEmpty());
			}
		}
	}

	private static String trouble(Random random) {
		synchronized (random) {
			return (random.nextInt(FAILING) != 0) ? "none" : TROUBLES.get(random.nextInt(TROUBLES.size()));
		}
	}

	private static double lost(Instance instance) {
		return LOST.matcher(instance.get("/actuator/prometheus"))
			.results()
			.map((MatchResult result) -> result.group(1))
			.mapToDouble(Double::parseDouble)
			.sum();
	}

	private static URI url(Instance instance) {
		return URI.create("http://127.0.0.1:" + instance.port());
	}

}
