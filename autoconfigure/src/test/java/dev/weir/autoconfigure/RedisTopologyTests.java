package dev.weir.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import dev.weir.annotation.DistributedLock;
import dev.weir.embeddedredis.FaultyNetwork;
import dev.weir.embeddedredis.RedisCluster;
import dev.weir.embeddedredis.RedisSentinel;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.engine.LeaseManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests the auto-configuration with each kind of Redis that {@code spring.data.redis.*}
 * can configure.
 */
@Tag("long")
@Timeout(90)
class RedisTopologyTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, SslAutoConfiguration.class,
				DataRedisAutoConfiguration.class, WeirAutoConfiguration.class, WeirRedisAutoConfiguration.class,
				WeirAopAutoConfiguration.class))
		.withPropertyValues("weir.redis.timeout=5s", "spring.data.redis.connect-timeout=10s")
		.withBean(Guarded.class);

	@Test
	void connectsWithAPassword() {
		try (RedisServer redis = RedisServer.start("--requirepass", "s3cret")) {
			this.runner
				.withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + redis.port(),
						"spring.data.redis.password=s3cret")
				.run((context) -> assertThat(context.getBean(Guarded.class).token("7")).isPositive());
			this.runner.withPropertyValues("spring.data.redis.url=" + redis.uri(), "spring.data.redis.password=wrong")
				.run((context) -> assertThatExceptionOfType(LeaseUnavailableException.class)
					.isThrownBy(() -> context.getBean(Guarded.class).token("7")));
		}
	}

	@Test
	void connectsWithAUserAndADatabaseInTheUrl() {
		try (RedisServer redis = RedisServer.start()) {
			redis.command("ACL", "SETUSER", "app", "on", ">s3cret", "~*", "&*", "+@all");
			this.runner.withPropertyValues("spring.data.redis.url=redis://app:s3cret@127.0.0.1:" + redis.port() + "/3")
				.run((context) -> assertThat(context.getBean(Guarded.class).token("7")).isPositive());
			assertThat(redis.text("INFO", "keyspace")).contains("db3:keys=1");
		}
	}

	@Test
	void connectsWithTlsByUrlOrBundle(@TempDir Path directory) throws Exception {
		Path store = TlsProxy.certificate(directory);
		try (RedisServer redis = RedisServer.start(); FaultyNetwork proxy = TlsProxy.start(redis.port(), store)) {
			ApplicationContextRunner tls = this.runner.withPropertyValues("spring.data.redis.host=127.0.0.1",
					"spring.data.redis.port=" + proxy.port());
			tls.withPropertyValues("spring.data.redis.ssl.bundle=redis",
					"spring.ssl.bundle.jks.redis.truststore.location=file:" + store,
					"spring.ssl.bundle.jks.redis.truststore.password=" + TlsProxy.PASSWORD)
				.run((context) -> assertThat(context.getBean(Guarded.class).token("7")).isPositive());
			// The certificate is not trusted by default, so this failure shows that TLS
			// is in use.
			this.runner.withPropertyValues("spring.data.redis.url=rediss://127.0.0.1:" + proxy.port())
				.run((context) -> assertThatExceptionOfType(LeaseUnavailableException.class)
					.isThrownBy(() -> context.getBean(Guarded.class).token("7")));
		}
	}

	/**
	 * The master may end before its replica has the last release. The replica then still
	 * holds the lock when it becomes the master, until the time to live has passed.
	 */
	@Test
	void survivesAFailoverOfSentinel() {
		try (RedisSentinel sentinel = RedisSentinel.start()) {
			this.runner
				.withPropertyValues("weir.lease.ttl=10s", "spring.data.redis.sentinel.master=" + sentinel.masterName(),
						"spring.data.redis.sentinel.nodes=" + String.join(",", sentinel.addresses()))
				.run((context) -> {
					Guarded guarded = context.getBean(Guarded.class);
					long before = guarded.token("7");
					sentinel.master().kill();
					await().atMost(40, TimeUnit.SECONDS)
						.ignoreExceptionsMatching(
								(ex) -> ex instanceof LeaseUnavailableException || ex instanceof LeaseBusyException)
						.until(() -> guarded.token("7") > before);
				});
		}
	}

	@Test
	void wakesWaitersAcrossTheNodesOfACluster() {
		try (RedisCluster cluster = RedisCluster.start()) {
			ApplicationContextRunner inCluster = this.runner
				.withPropertyValues("spring.data.redis.cluster.nodes=" + String.join(",", cluster.addresses()));
			inCluster.run((one) -> inCluster.run((two) -> {
				List<String> ids = IntStream.range(0, 12).mapToObj((id) -> "id-" + id).toList();
				assertThat(ids.stream().map((id) -> cluster.nodeOf("weir:guarded:" + id).port()).distinct()).hasSize(3);
				for (String id : ids) {
					assertThat(one.getBean(Guarded.class).token(id)).isPositive();
					handOver(one.getBean(LeaseManager.class), two.getBean(LeaseManager.class), id);
				}
				await().atMost(10, TimeUnit.SECONDS)
					.untilAsserted(() -> assertThat(cluster.nodes())
						.extracting((node) -> node.list("KEYS", "*")
							.stream()
							.filter((key) -> !key.toString().endsWith("%fence"))
							.count())
						.containsOnly(0L));
			}));
		}
	}

	private static void handOver(LeaseManager from, LeaseManager to, String id) {
		Lease first = from.acquire(request(id));
		CompletableFuture<Lease> second = to.acquireAsync(request(id)).toCompletableFuture();
		first.close();
		assertThat(second).succeedsWithin(Duration.ofSeconds(20)).satisfies((lease) -> {
			assertThat(lease.isValid()).isTrue();
			lease.close();
		});
	}

	private static LeaseRequest request(String id) {
		return new LeaseRequest("test", new LeaseKey(LeaseKind.LOCK, "weir:test:" + id), 1, null,
				Duration.ofSeconds(20), false, "test");
	}

	static class Guarded {

		@DistributedLock(name = "guarded", key = "#id", fenced = true)
		long token(String id) {
			return Lease.current().orElseThrow().fencingToken();
		}

	}

}
