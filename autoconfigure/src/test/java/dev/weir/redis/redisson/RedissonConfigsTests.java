package dev.weir.redis.redisson;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.redisson.config.Config;
import org.redisson.config.ReadMode;
import org.redisson.config.SentinelServersConfig;
import org.redisson.config.SingleServerConfig;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedissonConfigs}.
 */
class RedissonConfigsTests {

	@Test
	void defaultsToTheLocalServer() {
		Config config = config();
		SingleServerConfig server = config.useSingleServer();
		assertThat(server.getAddress()).isEqualTo("redis://localhost:6379");
		assertThat(server.getRetryAttempts()).isZero();
		assertThat(config.getPassword()).isNull();
	}

	@Test
	void readsTheStandaloneProperties() {
		Config config = config("spring.data.redis.host=redis.example", "spring.data.redis.port=7000",
				"spring.data.redis.username=app", "spring.data.redis.password=s3cret", "spring.data.redis.database=3",
				"spring.data.redis.timeout=7s", "spring.data.redis.connect-timeout=900ms",
				"spring.data.redis.client-name=shop");
		SingleServerConfig server = config.useSingleServer();
		assertThat(server.getAddress()).isEqualTo("redis://redis.example:7000");
		assertThat(server.getDatabase()).isEqualTo(3);
		assertThat(server.getTimeout()).isEqualTo(7000);
		assertThat(server.getConnectTimeout()).isEqualTo(900);
		assertThat(server.getClientName()).isEqualTo("shop");
		assertThat(config.getUsername()).isEqualTo("app");
		assertThat(config.getPassword()).isEqualTo("s3cret");
	}

	@Test
	void aUrlTakesPrecedenceOverHostAndPort() {
		Config config = config("spring.data.redis.url=redis://app:s3cret@redis.example:7001/5",
				"spring.data.redis.host=other");
		assertThat(config.useSingleServer().getAddress()).isEqualTo("redis://redis.example:7001");
		assertThat(config.useSingleServer().getDatabase()).isEqualTo(5);
		assertThat(config.getUsername()).isEqualTo("app");
		assertThat(config.getPassword()).isEqualTo("s3cret");
	}

	@Test
	void anEmptyUserOrPasswordIsAbsent() {
		Config config = config("spring.data.redis.url=redis://:s3cret@redis.example:7001");
		assertThat(config.getUsername()).isNull();
		assertThat(config.getPassword()).isEqualTo("s3cret");
		Config empty = config("spring.data.redis.host=redis.example", "spring.data.redis.username=",
				"spring.data.redis.password=", "spring.data.redis.client-name=");
		assertThat(empty.getUsername()).isNull();
		assertThat(empty.getPassword()).isNull();
		assertThat(empty.useSingleServer().getClientName()).isNull();
		SentinelServersConfig sentinel = config("spring.data.redis.sentinel.master=m",
				"spring.data.redis.sentinel.nodes=127.0.0.1:26379", "spring.data.redis.sentinel.username=",
				"spring.data.redis.sentinel.password=")
			.useSentinelServers();
		assertThat(sentinel.getSentinelUsername()).isNull();
		assertThat(sentinel.getSentinelPassword()).isNull();
	}

	@Test
	void aPingIsNeverAnErrorInTheLogOfAnOutage() {
		assertThat(config("spring.data.redis.timeout=700ms").useSingleServer().getTimeout()).isEqualTo(2000);
	}

	@Test
	void findsDeadConnectionsWithinTwoSeconds() {
		assertThat(config().useSingleServer().getPingConnectionInterval()).isEqualTo(1000);
		assertThat(
				config("spring.data.redis.cluster.nodes=127.0.0.1:1").useClusterServers().getPingConnectionInterval())
			.isEqualTo(1000);
	}

	@Test
	void aRedissUrlMeansTls() {
		assertThat(config("spring.data.redis.url=rediss://redis.example:7001").useSingleServer().getAddress())
			.isEqualTo("rediss://redis.example:7001");
	}

	@Test
	void sslEnabledMeansTls() {
		assertThat(
				config("spring.data.redis.host=redis.example", "spring.data.redis.ssl.enabled=true").useSingleServer()
					.getAddress())
			.isEqualTo("rediss://redis.example:6379");
	}

	@Test
	void anSslBundleProvidesTrustAndOptions() {
		Config config = config("spring.data.redis.host=redis.example", "spring.data.redis.ssl.bundle=redis",
				"spring.ssl.bundle.pem.redis.options.enabled-protocols=TLSv1.3",
				"spring.ssl.bundle.pem.redis.options.ciphers=TLS_AES_256_GCM_SHA384");
		assertThat(config.useSingleServer().getAddress()).startsWith("rediss://");
		assertThat(config.getSslTrustManagerFactory()).isNotNull();
		assertThat(config.getSslProtocols()).containsExactly("TLSv1.3");
		assertThat(config.getSslCiphers()).containsExactly("TLS_AES_256_GCM_SHA384");
	}

	@Test
	void anIpv6AddressIsPutIntoBrackets() {
		assertThat(config("spring.data.redis.host=::1").useSingleServer().getAddress()).isEqualTo("redis://[::1]:6379");
	}

	@Test
	void readsTheSentinelProperties() {
		Config config = config("spring.data.redis.sentinel.master=mymaster",
				"spring.data.redis.sentinel.nodes=one:26379,two:26380", "spring.data.redis.sentinel.username=guard",
				"spring.data.redis.sentinel.password=watch", "spring.data.redis.database=2",
				"spring.data.redis.password=s3cret");
		var servers = config.useSentinelServers();
		assertThat(servers.getMasterName()).isEqualTo("mymaster");
		assertThat(servers.getSentinelAddresses()).containsExactly("redis://one:26379", "redis://two:26380");
		assertThat(servers.getSentinelUsername()).isEqualTo("guard");
		assertThat(servers.getSentinelPassword()).isEqualTo("watch");
		assertThat(servers.getDatabase()).isEqualTo(2);
		assertThat(servers.getReadMode()).isEqualTo(ReadMode.MASTER);
		assertThat(servers.getRetryAttempts()).isZero();
		assertThat(config.getPassword()).isEqualTo("s3cret");
	}

	@Test
	void readsTheClusterProperties() {
		Config config = config("spring.data.redis.cluster.nodes=one:7000,two:7001",
				"spring.data.redis.ssl.enabled=true");
		assertThat(config.isClusterConfig()).isTrue();
		assertThat(config.useClusterServers().getNodeAddresses()).containsExactly("rediss://one:7000",
				"rediss://two:7001");
		assertThat(config.useClusterServers().getReadMode()).isEqualTo(ReadMode.MASTER);
	}

	@Test
	void readsTheMasterReplicaProperties() {
		Config config = config("spring.data.redis.masterreplica.nodes=one:7000,two:7001",
				"spring.data.redis.database=1");
		assertThat(config.useReplicatedServers().getNodeAddresses()).containsExactly("redis://one:7000",
				"redis://two:7001");
		assertThat(config.useReplicatedServers().getDatabase()).isEqualTo(1);
		assertThat(config.useReplicatedServers().getReadMode()).isEqualTo(ReadMode.MASTER);
	}

	@Test
	void aBrokenConnectionIsOpenedAgainWithinASecond() {
		var delay = config().useSingleServer().getReconnectionDelay();
		for (int attempt = 0; attempt < 40; attempt++) {
			assertThat(delay.calcDelay(attempt)).isLessThanOrEqualTo(Duration.ofSeconds(1));
		}
	}

	private static Config config(String... properties) {
		Config[] config = new Config[1];
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, DataRedisAutoConfiguration.class))
			.withPropertyValues(properties)
			.run((context) -> config[0] = RedissonConfigs.from(context.getBean(DataRedisConnectionDetails.class),
					context.getBean(DataRedisProperties.class)));
		return config[0];
	}

}
