package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;

import dev.weir.redis.lettuce.LettuceClients;
import dev.weir.redis.lettuce.LettuceTransport;
import dev.weir.redis.redisson.RedissonSource;
import dev.weir.redis.redisson.RedissonTransport;
import org.redisson.config.BaseConfig;
import org.redisson.config.Config;
import org.redisson.config.ConstantDelay;

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisNode;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * The client of a test: Redisson, or Lettuce in a class with {@link OnLettuce}.
 *
 * @param transport reaches Redis
 * @param closeable ends the client
 */
record TestClients(RedisTransport transport, AutoCloseable closeable) {

	static TestClients to(RedisAddress address, Duration timeout, Executor executor) {
		return OnLettuce.Extension.isActive() ? lettuce(address, timeout, executor)
				: redisson(address, timeout, executor);
	}

	private static Duration connectTimeout(Duration timeout) {
		return (timeout.toMillis() < 1000) ? Duration.ofSeconds(1) : timeout;
	}

	private static TestClients redisson(RedisAddress address, Duration timeout, Executor executor) {
		RedissonSource source = RedissonSource.making(config(address, timeout), "the Redis of this test");
		return new TestClients(new RedissonTransport(source, timeout, executor), source);
	}

	private static Config config(RedisAddress address, Duration timeout) {
		Config config = new Config();
		if (address.user() != null) {
			config.setUsername(address.user()).setPassword(RedisAddress.PASSWORD);
		}
		String[] uris = address.addresses().stream().map((node) -> "redis://" + node).toArray(String[]::new);
		int idle = Math.min(2, address.connections());
		BaseConfig<?> servers = switch (address.kind()) {
			case SINGLE -> config.useSingleServer()
				.setAddress(uris[0])
				.setConnectionMinimumIdleSize(idle)
				.setConnectionPoolSize(address.connections())
				.setSubscriptionConnectionMinimumIdleSize(1);
			case CLUSTER -> config.useClusterServers()
				.addNodeAddress(uris)
				.setMasterConnectionMinimumIdleSize(idle)
				.setPingConnectionInterval(1000);
			case SENTINEL -> config.useSentinelServers()
				.setMasterName(address.master())
				.addSentinelAddress(uris)
				.setMasterConnectionMinimumIdleSize(idle)
				.setSlaveConnectionMinimumIdleSize(1);
		};
		servers.setRetryAttempts(0);
		servers.setConnectTimeout(Math.toIntExact(connectTimeout(timeout).toMillis()));
		servers.setReconnectionDelay(new ConstantDelay(Duration.ofMillis(100)));
		return config;
	}

	private static TestClients lettuce(RedisAddress address, Duration timeout, Executor executor) {
		LettuceClients clients = LettuceClients.like(new LettuceConnectionFactory(configuration(address)),
				connectTimeout(timeout));
		return new TestClients(new LettuceTransport(clients, executor), clients);
	}

	private static RedisConfiguration configuration(RedisAddress address) {
		List<RedisNode> nodes = address.addresses().stream().map(RedisNode::fromString).toList();
		switch (address.kind()) {
			case CLUSTER -> {
				return new RedisClusterConfiguration(address.addresses());
			}
			case SENTINEL -> {
				RedisSentinelConfiguration sentinel = new RedisSentinelConfiguration();
				sentinel.master(String.valueOf(address.master()));
				sentinel.setSentinels(nodes);
				return sentinel;
			}
			default -> {
				RedisStandaloneConfiguration single = new RedisStandaloneConfiguration(
						String.valueOf(nodes.get(0).getHost()), nodes.get(0).getRequiredPort());
				if (address.user() != null) {
					single.setUsername(address.user());
					single.setPassword(RedisAddress.PASSWORD);
				}
				return single;
			}
		}
	}

}
