package dev.weir.redis.redisson;

import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/**
 * Provides the Redisson client. Thread-safe.
 */
public interface RedissonSource extends AutoCloseable {

	/**
	 * Returns whether the keys are spread over several masters.
	 * @return whether this is a Redis Cluster
	 */
	boolean isCluster();

	/**
	 * Returns the addresses of Redis and where they are configured, for log lines.
	 * @return the location, never with a password
	 */
	String location();

	/**
	 * Returns a client that is connected. Blocks. After an exception, the caller may try
	 * again.
	 * @return the client
	 */
	RedissonClient connect();

	@Override
	void close();

	/**
	 * Creates a source for a client that does not belong to Weir.
	 * @param redisson the client; never closed by the source
	 * @return the source
	 */
	static RedissonSource of(RedissonClient redisson) {
		return new RedissonSource() {

			@Override
			public boolean isCluster() {
				return redisson.getConfig().isClusterConfig();
			}

			@Override
			public String location() {
				return "as configured in the application's RedissonClient";
			}

			@Override
			public RedissonClient connect() {
				// A lazy client connects on the thread of its first call. All other
				// calls block until it is connected.
				redisson.getScript().evalAsync(RScript.Mode.READ_WRITE, "return 1", RScript.ReturnType.LONG);
				return redisson;
			}

			@Override
			public void close() {
				// The client does not belong to Weir.
			}

		};
	}

	/**
	 * Creates a source that creates a client when it is first needed.
	 * @param config the configuration of the client
	 * @param location the addresses of Redis and where they are configured, without a
	 * password
	 * @return the source
	 */
	static RedissonSource making(Config config, String location) {
		return new OwnRedisson(config, location);
	}

}
