package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.UUID;

import dev.weir.ratelimit.WeirProxyManager;
import io.github.bucket4j.tck.AbstractDistributedBucketTest;
import io.github.bucket4j.tck.ProxyManagerSpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/**
 * Bucket4j's own contract for distributed stores.
 */
@Tag("long")
class Bucket4jContractTests extends AbstractDistributedBucketTest {

	private static TestRedis redis;

	private static TestRedis.Instance instance;

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		instance = redis.connect(Duration.ofSeconds(5));
		RedisBucketStore store = new RedisBucketStore(instance.scripts());
		specs = List.of(new ProxyManagerSpec<>("standalone", () -> UUID.randomUUID().toString(),
				() -> WeirProxyManager.builder(store, Duration.ofSeconds(5), 1000))
			.checkExpiration());
	}

	@AfterAll
	static void stop() {
		instance.close();
		redis.close();
	}

}
