package dev.weir.redis.lettuce;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.DirectFieldAccessor;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisSocketConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;

/**
 * Weir's own Lettuce client. It has the settings of the application's connection factory,
 * and connections and threads of its own. It differs in that no command is sent twice: a
 * command without an answer fails when its connection ends. Thread-safe.
 */
public final class LettuceClients implements AutoCloseable {

	/** A restarted Redis is back within this time after it answers. */
	private static final Duration SLOWEST_RECONNECT = Duration.ofSeconds(1);

	/**
	 * A failover of a cluster is found within this time, if no answer shows it before.
	 */
	private static final Duration TOPOLOGY_REFRESH = Duration.ofSeconds(5);

	private static final int THREADS = 2;

	private static final long SHUTDOWN_MILLIS = 2000;

	/** Lets the threads end what the end of the connections leaves them to do. */
	private static final long QUIET_MILLIS = 100;

	private final LettuceConnectionFactory factory;

	private final ClientResources resources;

	private final String location;

	private LettuceClients(LettuceConnectionFactory factory, ClientResources resources, String location) {
		this.factory = factory;
		this.resources = resources;
		this.location = location;
	}

	/**
	 * Creates a client. It is not connected yet.
	 * @param application provides the settings, and is not used otherwise
	 * @param connectTimeout how long opening a connection may take
	 * @return the client
	 * @throws IllegalStateException if the application lists a master and its replicas
	 */
	public static LettuceClients like(LettuceConnectionFactory application, Duration connectTimeout) {
		RedisConfiguration redis = configuration(application);
		ClientResources resources = resources(application.getClientConfiguration().getClientResources().orElse(null));
		LettuceConnectionFactory own = new LettuceConnectionFactory(redis, new OwnConfiguration(
				application.getClientConfiguration(), resources, options(application, connectTimeout)));
		own.setShareNativeConnection(false);
		own.afterPropertiesSet();
		own.start();
		return new LettuceClients(own, resources, location(redis));
	}

	private static RedisConfiguration configuration(LettuceConnectionFactory application) {
		// The getters of the factory know the values of some of its constructors only.
		Object redis = new DirectFieldAccessor(application).getPropertyValue("configuration");
		if (redis instanceof RedisStaticMasterReplicaConfiguration) {
			throw new IllegalStateException("Weir cannot use a static list of master and replicas "
					+ "('spring.data.redis.masterreplica.nodes') with Lettuce. Add the dependency "
					+ "org.redisson:redisson, or configure Sentinel or a cluster");
		}
		return (RedisConfiguration) Objects.requireNonNull(redis);
	}

	private static String location(RedisConfiguration redis) {
		String where;
		if (redis instanceof RedisSentinelConfiguration sentinel) {
			where = "master '" + ((sentinel.getMaster() != null) ? sentinel.getMaster().getName() : "")
					+ "' of the Sentinels " + sentinel.getSentinels();
		}
		else if (redis instanceof RedisClusterConfiguration cluster) {
			where = "cluster " + cluster.getClusterNodes();
		}
		else if (redis instanceof RedisSocketConfiguration socket) {
			where = socket.getSocket();
		}
		else {
			RedisStandaloneConfiguration standalone = (RedisStandaloneConfiguration) redis;
			where = standalone.getHostName() + ":" + standalone.getPort();
		}
		return where + " (as in the application's LettuceConnectionFactory)";
	}

	private static ClientResources resources(@Nullable ClientResources application) {
		DefaultClientResources.Builder own = DefaultClientResources.builder()
			.ioThreadPoolSize(THREADS)
			.computationThreadPoolSize(THREADS)
			.commandLatencyRecorder(CommandLatencyRecorder.disabled())
			.reconnectDelay(Delay.exponential(Duration.ZERO, SLOWEST_RECONNECT, 2, TimeUnit.MILLISECONDS));
		if (application != null) {
			own.addressResolverGroup(application.addressResolverGroup())
				.socketAddressResolver(application.socketAddressResolver())
				.tracing(application.tracing());
		}
		return own.nettyCustomizer(
				new OwnCustomizer((application != null) ? application.nettyCustomizer() : new NettyCustomizer() {
				}))
			.build();
	}

	private static ClientOptions options(LettuceConnectionFactory application, Duration connectTimeout) {
		ClientOptions given = application.getClientConfiguration().getClientOptions().orElseGet(ClientOptions::create);
		if (!application.isClusterAware()) {
			return own(given.mutate(), given, connectTimeout).build();
		}
		ClusterClientOptions.Builder cluster = (given instanceof ClusterClientOptions options) ? options.mutate()
				: ClusterClientOptions.builder(given);
		own(cluster, given, connectTimeout);
		// A node that has just joined may be the target of a redirect.
		return cluster.validateClusterNodeMembership(false)
			.topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
				.enablePeriodicRefresh(TOPOLOGY_REFRESH)
				.enableAllAdaptiveRefreshTriggers()
				.adaptiveRefreshTriggersTimeout(SLOWEST_RECONNECT)
				.build())
			.build();
	}

	private static ClientOptions.Builder own(ClientOptions.Builder builder, ClientOptions given,
			Duration connectTimeout) {
		SocketOptions socket = given.getSocketOptions().mutate().connectTimeout(connectTimeout).build();
		// Lettuce repeats commands without an answer unless it rejects commands while it
		// is not connected. Weir's own time-outs bound each command.
		return builder.autoReconnect(true)
			.disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
			.timeoutOptions(TimeoutOptions.create())
			.socketOptions(socket);
	}

	/**
	 * Returns whether the keys are spread over several masters.
	 * @return whether this is a Redis Cluster
	 */
	boolean isCluster() {
		return this.factory.isClusterAware();
	}

	/**
	 * Returns the addresses of Redis and where they are configured, for log lines.
	 * @return the location, never with a password
	 */
	String location() {
		return this.location;
	}

	/**
	 * Connects to the masters. Blocks.
	 * @return the masters
	 */
	Masters connect() {
		AbstractRedisClient client = this.factory.getRequiredNativeClient();
		return (client instanceof RedisClusterClient cluster) ? new ClusterMasters(cluster)
				: new OneMaster((RedisClient) client);
	}

	@Override
	public void close() {
		this.factory.destroy();
		this.resources.shutdown(QUIET_MILLIS, SHUTDOWN_MILLIS, TimeUnit.MILLISECONDS)
			.awaitUninterruptibly(SHUTDOWN_MILLIS);
	}

	/**
	 * The application's settings, except for what belongs to Weir's client.
	 *
	 * @param application the application's settings
	 * @param resources the threads
	 * @param options the options
	 */
	private record OwnConfiguration(LettuceClientConfiguration application, ClientResources resources,
			ClientOptions options) implements LettuceClientConfiguration {

		@Override
		public boolean isUseSsl() {
			return this.application.isUseSsl();
		}

		@Override
		@SuppressWarnings("deprecation")
		public boolean isVerifyPeer() {
			return this.application.isVerifyPeer();
		}

		@Override
		public SslVerifyMode getVerifyMode() {
			return this.application.getVerifyMode();
		}

		@Override
		public boolean isStartTls() {
			return this.application.isStartTls();
		}

		@Override
		public Optional<ClientResources> getClientResources() {
			return Optional.of(this.resources);
		}

		@Override
		public Optional<ClientOptions> getClientOptions() {
			return Optional.of(this.options);
		}

		@Override
		public Optional<String> getClientName() {
			return this.application.getClientName();
		}

		@Override
		public Optional<ReadFrom> getReadFrom() {
			// A replica that lags would give wrong answers.
			return Optional.empty();
		}

		@Override
		public Optional<RedisCredentialsProviderFactory> getRedisCredentialsProviderFactory() {
			return this.application.getRedisCredentialsProviderFactory();
		}

		@Override
		public Duration getCommandTimeout() {
			return this.application.getCommandTimeout();
		}

		@Override
		public Duration getShutdownTimeout() {
			return this.application.getShutdownTimeout();
		}

		@Override
		public Duration getShutdownQuietPeriod() {
			return Duration.ZERO;
		}

	}

	/**
	 * Adds the search for silent connections to what the application adds.
	 *
	 * @param application the application's customizer
	 */
	private record OwnCustomizer(NettyCustomizer application) implements NettyCustomizer {

		@Override
		public void afterBootstrapInitialized(Bootstrap bootstrap) {
			this.application.afterBootstrapInitialized(bootstrap);
		}

		@Override
		public void afterChannelInitialized(Channel channel) {
			this.application.afterChannelInitialized(channel);
			channel.pipeline().addFirst(new SilenceHandler());
		}

	}

}
