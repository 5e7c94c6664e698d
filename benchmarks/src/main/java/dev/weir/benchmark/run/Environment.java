package dev.weir.benchmark.run;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import dev.weir.redis.ConfiguredRedis;
import dev.weir.redis.lettuce.LettuceClients;
import dev.weir.redis.lettuce.LettuceTransport;
import dev.weir.redis.redisson.RedissonConfigs;
import dev.weir.redis.redisson.RedissonSource;
import dev.weir.redis.redisson.RedissonTransport;
import io.lettuce.core.RedisClient;
import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * The clients and counters of the contenders in one JVM. There is one client of each
 * kind, created on its first use, so all peers on Redisson have the same options. Not
 * thread-safe.
 */
public final class Environment implements AutoCloseable {

	private final URI redis;

	private final SharedCounters counters;

	private @Nullable RedissonClient redisson;

	private @Nullable LettuceConnectionFactory lettuce;

	private @Nullable RedisClient lettuceClient;

	private final List<WeirClient> weirs = new ArrayList<>();

	private final List<AutoCloseable> weirClosers = new ArrayList<>();

	private final List<RedissonClient> redissons = new ArrayList<>();

	private final List<LettuceConnectionFactory> lettuces = new ArrayList<>();

	Environment(String redisUri, Path countersFile) {
		this.redis = URI.create(redisUri);
		this.counters = SharedCounters.in(countersFile);
	}

	SharedCounters counters() {
		return this.counters;
	}

	/**
	 * Returns whether this round only checks that a contender works correctly. Such a
	 * round does not count, so operations may take longer.
	 * @return whether this round is a check
	 */
	public boolean isChecking() {
		return this.counters.isChecking();
	}

	public Occupancy occupancy() {
		return new Occupancy(this.counters);
	}

	public Admissions admissions() {
		return new Admissions(this.counters);
	}

	/**
	 * Returns the Redisson client, with its default options except the number of
	 * subscriptions.
	 * @return the client
	 */
	public RedissonClient redisson() {
		RedissonClient client = this.redisson;
		if (client == null) {
			Config config = new Config();
			// With its default options, the client does not have enough channels for
			// 1,000 instances that share it.
			config.useSingleServer().setAddress(this.redis.toString()).setSubscriptionsPerConnection(50);
			client = Redisson.create(config);
			this.redisson = client;
		}
		return client;
	}

	/**
	 * Returns the Lettuce connections, with their default options.
	 * @return the connections
	 */
	public LettuceConnectionFactory lettuce() {
		LettuceConnectionFactory connections = this.lettuce;
		if (connections == null) {
			connections = newLettuce();
			this.lettuce = connections;
		}
		return connections;
	}

	/**
	 * Returns the Lettuce client itself, with its default options.
	 * @return the client
	 */
	public RedisClient lettuceClient() {
		RedisClient client = this.lettuceClient;
		if (client == null) {
			client = RedisClient.create(this.redis.toString());
			this.lettuceClient = client;
		}
		return client;
	}

	/**
	 * Returns the clients of Weir: {@code weir} and {@code weir-lettuce} as the starter
	 * configures them, and {@code weir-shared} on the client that the peers use.
	 * @return the clients
	 */
	public List<WeirClient> weirs() {
		if (this.weirs.isEmpty()) {
			this.weirs.add(onRedisson());
			this.weirs.add(onLettuce());
			this.weirs.add(WeirClient.on(Result.WEIR + "-shared", redisson()));
		}
		return List.copyOf(this.weirs);
	}

	/**
	 * Returns Weir on the client that the peers use, under another name.
	 * @param name what follows {@code weir-}
	 * @return the client
	 */
	public WeirClient sharedWeir(String name) {
		WeirClient shared = weirs().get(2);
		return new WeirClient(Result.WEIR + "-" + name, shared.transport(), shared.executor());
	}

	/**
	 * Returns the clients as the starter configures them.
	 * @return the clients
	 */
	public List<WeirClient> ownWeirs() {
		return weirs().subList(0, 2);
	}

	private WeirClient onRedisson() {
		DataRedisProperties properties = new DataRedisProperties();
		properties.setHost(this.redis.getHost());
		properties.setPort(this.redis.getPort());
		RedissonSource source = RedissonSource
			.making(RedissonConfigs.from(new ConfiguredRedis(properties, null), properties), "the benchmark");
		this.weirClosers.add(source);
		ExecutorService executor = Executors.newCachedThreadPool();
		return new WeirClient(Result.WEIR, new RedissonTransport(source, WeirClient.TIMEOUT, executor), executor);
	}

	private WeirClient onLettuce() {
		LettuceClients clients = LettuceClients.like(lettuce(), WeirClient.TIMEOUT);
		this.weirClosers.add(clients);
		ExecutorService executor = Executors.newCachedThreadPool();
		return new WeirClient(Result.WEIR + "-lettuce", new LettuceTransport(clients, executor), executor);
	}

	/**
	 * Returns the Redisson client of one instance of a fleet, with few threads and
	 * connections, because a fleet in one JVM has many clients.
	 * @param instance the number of the instance
	 * @return the client
	 */
	public RedissonClient redissonOfInstance(int instance) {
		while (this.redissons.size() <= instance) {
			Config config = new Config().setNettyThreads(1).setThreads(1);
			config.useSingleServer()
				.setAddress(this.redis.toString())
				.setConnectionMinimumIdleSize(1)
				.setConnectionPoolSize(2);
			this.redissons.add(Redisson.create(config));
		}
		return this.redissons.get(instance);
	}

	/**
	 * Returns the Lettuce connections of one instance of a fleet.
	 * @param instance the number of the instance
	 * @return the connections
	 */
	public LettuceConnectionFactory lettuceOfInstance(int instance) {
		while (this.lettuces.size() <= instance) {
			this.lettuces.add(newLettuce());
		}
		return this.lettuces.get(instance);
	}

	private LettuceConnectionFactory newLettuce() {
		LettuceConnectionFactory connections = new LettuceConnectionFactory(
				new RedisStandaloneConfiguration(this.redis.getHost(), this.redis.getPort()));
		connections.afterPropertiesSet();
		connections.start();
		return connections;
	}

	@Override
	public void close() {
		this.weirClosers.forEach(Environment::close);
		this.weirs.forEach(WeirClient::close);
		this.redissons.forEach((client) -> client.shutdown(0, 2, TimeUnit.SECONDS));
		this.lettuces.forEach(LettuceConnectionFactory::destroy);
		if (this.redisson != null) {
			this.redisson.shutdown(0, 2, TimeUnit.SECONDS);
		}
		if (this.lettuce != null) {
			this.lettuce.destroy();
		}
		if (this.lettuceClient != null) {
			this.lettuceClient.shutdown(0, 2, TimeUnit.SECONDS);
		}
	}

	private static void close(AutoCloseable client) {
		try {
			client.close();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

}
