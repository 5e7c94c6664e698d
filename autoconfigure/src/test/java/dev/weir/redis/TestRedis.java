package dev.weir.redis;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.redisson.config.ConstantDelay;

/**
 * A Redis and clients for tests, one instance of a service each.
 */
public final class TestRedis implements AutoCloseable {

	private final RedisServer server = RedisServer.start();

	public RedisServer server() {
		return this.server;
	}

	/**
	 * Connects one instance.
	 * @return the instance
	 */
	public Instance connect() {
		return connect(Duration.ofMillis(500));
	}

	public Instance connect(Duration timeout) {
		return connect(this.server.uri(), timeout);
	}

	static Instance connect(String uri, Duration timeout) {
		Config config = new Config();
		config.setLazyInitialization(true);
		config.useSingleServer()
			.setAddress(uri)
			.setConnectionMinimumIdleSize(2)
			.setRetryAttempts(0)
			.setConnectTimeout(1000)
			.setReconnectionDelay(new ConstantDelay(Duration.ofMillis(100)));
		RedissonClient redisson = Redisson.create(config);
		ExecutorService executor = Executors.newCachedThreadPool();
		RedisScripts scripts = new RedisScripts(redisson, timeout, Duration.ofSeconds(5), executor);
		return new Instance(redisson, executor, scripts, new RedisLeaseStore(scripts, "test:"));
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
	 * @param redisson its client
	 * @param executor its threads
	 * @param scripts its scripts
	 * @param store its store
	 */
	public record Instance(RedissonClient redisson, ExecutorService executor, RedisScripts scripts,
			RedisLeaseStore store) implements AutoCloseable {

		@Override
		public void close() {
			this.redisson.shutdown(0, 2, TimeUnit.SECONDS);
			this.executor.shutdownNow();
		}

	}

}
