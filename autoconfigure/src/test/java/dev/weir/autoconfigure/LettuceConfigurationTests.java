package dev.weir.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.annotation.DistributedLock;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.redis.RedisTransport;
import dev.weir.redis.lettuce.LettuceTransport;
import dev.weir.redis.redisson.RedissonTransport;
import io.lettuce.core.protocol.ProtocolVersion;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests which client Weir uses, and its own client on Lettuce.
 */
@Timeout(60)
class LettuceConfigurationTests {

	private static RedisServer redis;

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations
			.of(AllAutoConfigurations.with(AopAutoConfiguration.class, DataRedisAutoConfiguration.class)))
		.withPropertyValues("spring.data.redis.url=" + redis.uri(), "weir.redis.timeout=20s",
				"spring.data.redis.connect-timeout=20s")
		.withBean(Guarded.class);

	private final ApplicationContextRunner onLettuce = this.runner.withPropertyValues("weir.redis.client=lettuce");

	@BeforeAll
	static void start() {
		redis = RedisServer.start();
	}

	@AfterAll
	static void stop() {
		redis.close();
	}

	@Test
	void usesRedissonIfBothArePresent() {
		this.runner
			.run((context) -> assertThat(context.getBean(RedisTransport.class)).isInstanceOf(RedissonTransport.class));
	}

	@Test
	void usesLettuceWithoutRedisson() {
		this.runner
			.withClassLoader(new FilteredClassLoader("org.redisson", "org.springframework.data.redis.connection.jedis"))
			.run((context) -> {
				assertThat(context.getBean(RedisTransport.class)).isInstanceOf(LettuceTransport.class);
				assertThat(context.getBean(Guarded.class).key()).isEqualTo("weir:guarded");
			});
	}

	@Test
	void thePropertyChooses() {
		this.onLettuce
			.run((context) -> assertThat(context.getBean(RedisTransport.class)).isInstanceOf(LettuceTransport.class));
		this.runner.withPropertyValues("weir.redis.client=redisson")
			.run((context) -> assertThat(context.getBean(RedisTransport.class)).isInstanceOf(RedissonTransport.class));
		this.runner.withPropertyValues("weir.redis.client=jedis")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("No enum constant")
				.hasMessageContaining("jedis"));
	}

	@Test
	void aClientThatIsMissingFailsTheStartOfAnApplicationWithGuardedMethods() {
		this.runner.withPropertyValues("weir.redis.client=redisson")
			.withClassLoader(new FilteredClassLoader("org.redisson"))
			.run((context) -> assertThat(context).hasFailed().getFailure().hasMessageContaining("'weir.redis.client'"));
	}

	@Test
	void hasConnectionsOfItsOwnAndLeavesThoseOfTheApplicationAlone() {
		long before = connections().size();
		this.onLettuce.withPropertyValues("spring.data.redis.client-name=shop").run((context) -> {
			StringRedisTemplate template = new StringRedisTemplate(context.getBean(LettuceConnectionFactory.class));
			assertThat(context).hasSingleBean(LettuceConnectionFactory.class);
			context.getBean(LettuceConnectionFactory.class).validateConnection();
			template.opsForValue().set("application", "1");
			LeaseManager manager = context.getBean(LeaseManager.class);
			Lease held = manager.acquire(request("own"));
			CompletableFuture<Lease> waiting = manager.acquireAsync(request("own")).toCompletableFuture();
			held.close();
			waiting.get(20, TimeUnit.SECONDS).close();
			// One of the application, one for scripts.
			assertThat(connections()).filteredOn((client) -> client.contains("name=shop")).hasSizeBetween(2, 3);
			context.close();
			await().until(() -> connections().size() <= before);
		});
	}

	@Test
	void aSilentPhaseEndsNoConnection() {
		this.onLettuce.run((context) -> {
			assertThat(context.getBean(Guarded.class).key()).isEqualTo("weir:guarded");
			List<String> before = ids();
			long commands = pings();
			await().atMost(20, TimeUnit.SECONDS).until(() -> pings() >= commands + 3);
			assertThat(ids()).containsAll(before);
		});
	}

	@Test
	void subscriptionsAreCheckedInTheOlderProtocol() {
		this.onLettuce
			.withBean(LettuceClientOptionsBuilderCustomizer.class,
					() -> (options) -> options.protocolVersion(ProtocolVersion.RESP2))
			.run((one) -> this.onLettuce.run((two) -> {
				LeaseManager here = one.getBean(LeaseManager.class);
				LeaseManager there = two.getBean(LeaseManager.class);
				waitFor(here, there);
				long pings = pings();
				await().atMost(20, TimeUnit.SECONDS).until(() -> pings() >= pings + 6);
				waitFor(here, there);
				assertThat(connections()).anyMatch((client) -> client.contains("resp=2") && client.contains("sub=1"));
			}));
	}

	private static void waitFor(LeaseManager waiter, LeaseManager holder) throws Exception {
		Lease held = holder.acquire(request("waits"));
		CompletableFuture<Lease> waiting = waiter.acquireAsync(request("waits")).toCompletableFuture();
		await().until(() -> redis.number("EXISTS", "{weir:waits}%waiters")
				+ redis.number("EXISTS", "weir:waits%waiters") > 0);
		held.close();
		waiting.get(20, TimeUnit.SECONDS).close();
	}

	@Test
	void readsTheAddressFromEachConstructorOfTheFactory() {
		RedisConfiguration address = new RedisStandaloneConfiguration("127.0.0.1", redis.port());
		this.onLettuce.withPropertyValues("spring.data.redis.url=redis://127.0.0.1:1")
			.withBean(LettuceConnectionFactory.class, () -> new LettuceConnectionFactory(address))
			.run((context) -> {
				assertThat(context.getBean(Guarded.class).key()).isEqualTo("weir:guarded");
				assertThat(context.getBean(RedisTransport.class).location()).startsWith("127.0.0.1:" + redis.port());
			});
	}

	@Test
	void rejectsAListOfMasterAndReplicas() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(AllAutoConfigurations.with(DataRedisAutoConfiguration.class)))
			.withPropertyValues("weir.redis.client=lettuce",
					"spring.data.redis.masterreplica.nodes=127.0.0.1:" + redis.port())
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("org.redisson:redisson"));
	}

	private static LeaseRequest request(String key) {
		return new LeaseRequest("test", new LeaseKey(LeaseKind.LOCK, "weir:" + key), 1, null, Duration.ofSeconds(20),
				false, "test");
	}

	private static List<String> connections() {
		return redis.text("CLIENT", "LIST").lines().filter((client) -> !client.contains("cmd=client")).toList();
	}

	private static List<String> ids() {
		return connections().stream().map((client) -> client.substring(0, client.indexOf(' '))).toList();
	}

	private static long pings() {
		return redis.text("INFO", "commandstats")
			.lines()
			.filter((line) -> line.startsWith("cmdstat_ping:calls="))
			.mapToLong((line) -> Long.parseLong(line.substring("cmdstat_ping:calls=".length(), line.indexOf(','))))
			.sum();
	}

	public static class Guarded {

		@DistributedLock(name = "guarded")
		public String key() {
			return Lease.current().orElseThrow().key();
		}

	}

}
