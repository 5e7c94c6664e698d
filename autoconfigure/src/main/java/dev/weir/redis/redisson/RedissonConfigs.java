package dev.weir.redis.redisson;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.BaseConfig;
import org.redisson.config.BaseMasterSlaveServersConfig;
import org.redisson.config.Config;
import org.redisson.config.EqualJitterDelay;
import org.redisson.config.ReadMode;
import org.redisson.config.SingleServerConfig;

import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Node;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Sentinel;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Standalone;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.util.StringUtils;

/**
 * Creates the configuration of a Redisson client from the connection details and
 * properties of Spring Boot.
 */
public final class RedissonConfigs {

	private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

	/**
	 * Longest delay before a broken connection is opened again. A restarted Redis is back
	 * within this time.
	 */
	private static final Duration SLOWEST_RECONNECT = Duration.ofSeconds(1);

	/**
	 * Number of connections that stay open; {@link #CONNECTIONS} is the largest number.
	 * Commands share them. With Redisson's defaults of 24 and 64 connections and 32
	 * threads, the machine spends more time on waking threads than on scripts.
	 */
	private static final int IDLE_CONNECTIONS = 4;

	private static final int CONNECTIONS = 8;

	/**
	 * A connection that is silently dead is found after one to two intervals: well before
	 * a renewal is due, and each renewal has another chance after that.
	 */
	private static final int PING_INTERVAL_MILLIS = 1000;

	private static final int THREADS = Math.max(2, Math.min(4, Runtime.getRuntime().availableProcessors()));

	private RedissonConfigs() {
	}

	/**
	 * Creates a configuration.
	 * @param details the connection details of Redis
	 * @param properties the settings that are not part of the details: time-outs, the
	 * client name, the URL
	 * @return the configuration
	 */
	public static Config from(DataRedisConnectionDetails details, DataRedisProperties properties) {
		Config config = new Config();
		// Redisson's default codec needs Kryo, which the starter leaves out.
		config.setCodec(StringCodec.INSTANCE);
		config.setNettyThreads(THREADS);
		config.setUsername(present(details.getUsername()));
		config.setPassword(present(details.getPassword()));
		SslBundle bundle = details.getSslBundle();
		// For a "rediss" URL the details hold no bundle. Spring Boot's own clients check
		// the URL, too.
		boolean ssl = bundle != null || isSslUrl(properties.getUrl());
		if (bundle != null) {
			configureSsl(config, bundle);
		}
		configureServers(config, details, ssl, (servers) -> {
			// Only the stores know how to handle a lost answer: nothing is sent twice.
			servers.setRetryAttempts(0);
			servers.setPingConnectionInterval(PING_INTERVAL_MILLIS);
			servers.setReconnectionDelay(new EqualJitterDelay(Duration.ofMillis(100), SLOWEST_RECONNECT));
			servers.setConnectTimeout(millis(properties.getConnectTimeout(), CONNECT_TIMEOUT));
			if (properties.getTimeout() != null) {
				// For commands of the client itself, such as pings. If this were shorter
				// than their interval, Redisson would log an error for each connection
				// and second of an outage.
				servers.setTimeout(Math.max(2 * PING_INTERVAL_MILLIS, millis(properties.getTimeout(), Duration.ZERO)));
			}
			servers.setClientName(present(properties.getClientName()));
		});
		return config;
	}

	/**
	 * Returns the addresses of Redis, without users and passwords.
	 * @param details the connection details of Redis
	 * @return the addresses, and the properties that configure them
	 */
	public static String location(DataRedisConnectionDetails details) {
		Sentinel sentinel = details.getSentinel();
		Standalone standalone = details.getStandalone();
		String where;
		if (sentinel != null) {
			where = "master '" + sentinel.getMaster() + "' of the Sentinels " + hosts(sentinel.getNodes());
		}
		else if (details.getCluster() != null) {
			where = "cluster " + hosts(details.getCluster().getNodes());
		}
		else if (details.getMasterReplica() != null) {
			where = "one of " + hosts(details.getMasterReplica().getNodes());
		}
		else {
			where = (standalone != null) ? standalone.getHost() + ":" + standalone.getPort() : "nowhere";
		}
		return where + " ('spring.data.redis.*')";
	}

	private static List<String> hosts(List<Node> nodes) {
		return nodes.stream().map((node) -> node.host() + ":" + node.port()).toList();
	}

	private static void configureServers(Config config, DataRedisConnectionDetails details, boolean ssl,
			Consumer<BaseConfig<?>> common) {
		Sentinel sentinel = details.getSentinel();
		Standalone standalone = details.getStandalone();
		if (sentinel != null) {
			var servers = config.useSentinelServers()
				.setMasterName(sentinel.getMaster())
				.setDatabase(sentinel.getDatabase())
				.setSentinelUsername(present(sentinel.getUsername()))
				.setSentinelPassword(present(sentinel.getPassword()))
				.addSentinelAddress(addresses(sentinel.getNodes(), ssl));
			useMaster(servers);
			common.accept(servers);
		}
		else if (details.getCluster() != null) {
			var servers = config.useClusterServers().addNodeAddress(addresses(details.getCluster().getNodes(), ssl));
			useMaster(servers);
			common.accept(servers);
		}
		else if (details.getMasterReplica() != null) {
			var servers = config.useReplicatedServers()
				.addNodeAddress(addresses(details.getMasterReplica().getNodes(), ssl));
			if (standalone != null) {
				servers.setDatabase(standalone.getDatabase());
			}
			useMaster(servers);
			common.accept(servers);
		}
		else if (standalone != null) {
			SingleServerConfig server = config.useSingleServer()
				.setAddress(address(standalone.getHost(), standalone.getPort(), ssl))
				.setDatabase(standalone.getDatabase())
				.setConnectionPoolSize(CONNECTIONS)
				.setConnectionMinimumIdleSize(IDLE_CONNECTIONS);
			common.accept(server);
		}
		else {
			throw new IllegalStateException("The connection details name no Redis server");
		}
	}

	/**
	 * Configures reads from the master only. A replica that lags would give wrong
	 * answers.
	 * @param servers the servers
	 */
	private static void useMaster(BaseMasterSlaveServersConfig<?> servers) {
		servers.setReadMode(ReadMode.MASTER)
			.setMasterConnectionPoolSize(CONNECTIONS)
			.setMasterConnectionMinimumIdleSize(IDLE_CONNECTIONS);
	}

	private static void configureSsl(Config config, SslBundle bundle) {
		config.setSslTrustManagerFactory(bundle.getManagers().getTrustManagerFactory());
		config.setSslKeyManagerFactory(bundle.getManagers().getKeyManagerFactory());
		SslOptions options = bundle.getOptions();
		if (options.getCiphers() != null) {
			config.setSslCiphers(options.getCiphers());
		}
		if (options.getEnabledProtocols() != null) {
			config.setSslProtocols(options.getEnabledProtocols());
		}
	}

	/**
	 * Treats an empty text as absent. A URL of the usual form has an empty user, as in
	 * {@code redis://:secret@host}, and properties are often left empty.
	 * @param text the text
	 * @return the text, {@code null} if it is empty
	 */
	private static @Nullable String present(@Nullable String text) {
		return StringUtils.hasLength(text) ? text : null;
	}

	private static boolean isSslUrl(@Nullable String url) {
		return StringUtils.hasText(url) && url.regionMatches(true, 0, "rediss:", 0, "rediss:".length());
	}

	private static String[] addresses(List<Node> nodes, boolean ssl) {
		return nodes.stream().map((node) -> address(node.host(), node.port(), ssl)).toArray(String[]::new);
	}

	private static String address(String host, int port, boolean ssl) {
		boolean bareIpv6 = host.indexOf(':') >= 0 && !host.startsWith("[");
		return (ssl ? "rediss://" : "redis://") + (bareIpv6 ? "[" + host + "]" : host) + ":" + port;
	}

	private static int millis(@Nullable Duration duration, Duration fallback) {
		return Math.toIntExact(((duration != null) ? duration : fallback).toMillis());
	}

}
