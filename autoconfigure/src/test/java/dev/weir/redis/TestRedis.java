package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.RateLimiter;

/**
 * A Redis and clients for tests. Each client is one instance of a service.
 */
public final class TestRedis implements AutoCloseable {

	public static final Duration PATIENCE = Duration.ofSeconds(20);

	/** How long calls wait for the first connection, unless their time-out is longer. */
	static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

	private final RedisServer server = RedisServer.start();

	public RedisServer server() {
		return this.server;
	}

	/**
	 * Connects one instance for which Redis is never away. Its calls wait for an answer
	 * for longer than any machine stalls.
	 * @return the instance
	 */
	public Instance connect() {
		return connect(PATIENCE);
	}

	public Instance connect(Duration timeout) {
		return connect(RedisAddress.of(this.server.port()), timeout);
	}

	public static Instance connect(RedisAddress address, Duration timeout) {
		return connect(address, timeout, "test:");
	}

	/**
	 * Connects one instance to an address.
	 * @param address the address
	 * @param timeout how long one command may take
	 * @param keyPrefix the prefix of all keys
	 * @return the instance
	 */
	public static Instance connect(RedisAddress address, Duration timeout, String keyPrefix) {
		ExecutorService executor = Executors.newCachedThreadPool();
		TestClients client = TestClients.to(address, timeout, executor);
		RedisScripts scripts = new RedisScripts(client.transport(), timeout, connectTimeout(timeout), List.of());
		return new Instance(client, executor, scripts, new RedisLeaseStore(scripts, keyPrefix));
	}

	private static Duration connectTimeout(Duration timeout) {
		return (timeout.compareTo(CONNECT_TIMEOUT) > 0) ? timeout : CONNECT_TIMEOUT;
	}

	/**
	 * Counts the scripts that Redis has run since the last {@link #resetCommandCounts}.
	 * @return the number of EVALSHA and EVAL calls
	 */
	public long scriptCalls() {
		return commandCalls("evalsha") + commandCalls("eval");
	}

	public long commandCalls(String command) {
		return this.server.text("INFO", "commandstats")
			.lines()
			.filter((line) -> line.startsWith("cmdstat_" + command + ":calls="))
			.mapToLong((line) -> Long.parseLong(line.substring(line.indexOf('=') + 1, line.indexOf(','))))
			.sum();
	}

	public void resetCommandCounts() {
		this.server.command("CONFIG", "RESETSTAT");
	}

	@Override
	public void close() {
		this.server.close();
	}

	/**
	 * One instance of a service.
	 *
	 * @param client its client
	 * @param executor its threads
	 * @param scripts its scripts
	 * @param store its store
	 */
	public record Instance(TestClients client, ExecutorService executor, RedisScripts scripts,
			RedisLeaseStore store) implements AutoCloseable {

		/**
		 * Returns a rate limiter on this Redis, without listeners.
		 */
		public RateLimiter rateLimiter(Duration timeout) {
			return new RateLimiter(new RedisBucketStore(this.scripts), LocalBucketStore.standIn(), timeout, List.of());
		}

		/**
		 * Returns a rate limiter that waits for Redis and does not decide without it.
		 */
		public RateLimiter rateLimiter() {
			return rateLimiter(PATIENCE);
		}

		@Override
		public void close() {
			try {
				this.client.closeable().close();
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
			this.executor.shutdownNow();
		}

	}

}
