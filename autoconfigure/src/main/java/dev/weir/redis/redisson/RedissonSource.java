package dev.weir.redis.redisson;

import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/**
 * Where the Redisson client comes from. Thread-safe.
 */
public interface RedissonSource extends AutoCloseable {

	/**
	 * Whether the keys are spread over several masters.
	 * @return whether this is a cluster
	 */
	boolean isCluster();

	/**
	 * Returns where Redis is looked for, for log lines: never with a password.
	 * @return the addresses and where they are configured
	 */
	String location();

	/**
	 * Returns a client that is connected. Blocks; if it throws, it may be asked again.
	 * @return the client
	 */
	RedissonClient connect();

	@Override
	void close();

	/**
	 * Uses a client that belongs to somebody else.
	 * @param redisson the client; not closed here
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
				// It may be lazy: then it connects on the thread of its first call, and
				// lets all others block until it has.
				redisson.getScript().evalAsync(RScript.Mode.READ_WRITE, "return 1", RScript.ReturnType.LONG);
				return redisson;
			}

			@Override
			public void close() {
				// It belongs to somebody else.
			}

		};
	}

	/**
	 * Makes a client from a configuration, when it is first needed.
	 * @param config the configuration
	 * @param location where Redis is looked for, without a password
	 * @return the source
	 */
	static RedissonSource making(Config config, String location) {
		return new OwnRedisson(config, location);
	}

}
