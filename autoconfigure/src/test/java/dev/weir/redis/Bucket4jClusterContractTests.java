package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.UUID;

import dev.weir.embeddedredis.RedisCluster;
import dev.weir.ratelimit.WeirProxyManager;
import io.github.bucket4j.tck.AbstractDistributedBucketTest;
import io.github.bucket4j.tck.ProxyManagerSpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.redisson.config.Config;

/**
 * Bucket4j's own contract for distributed stores, in a cluster. It takes as long as on a
 * single server.
 */
@Tag("long")
class Bucket4jClusterContractTests extends AbstractDistributedBucketTest {

	private static RedisCluster cluster;

	private static TestRedis.Instance instance;

	@BeforeAll
	static void start() {
		cluster = RedisCluster.start();
		Config config = new Config();
		config.useClusterServers()
			.addNodeAddress(cluster.nodes().stream().map((node) -> node.uri()).toArray(String[]::new))
			.setRetryAttempts(0);
		instance = TestRedis.connect(config, Duration.ofSeconds(5));
		RedisBucketStore store = new RedisBucketStore(instance.scripts());
		specs = List.of(new ProxyManagerSpec<>("cluster", () -> UUID.randomUUID().toString(),
				() -> WeirProxyManager.builder(store, Duration.ofSeconds(5), 1000))
			.checkExpiration());
	}

	@AfterAll
	static void stop() {
		instance.close();
		cluster.close();
	}

}
