package dev.weir.redis.redisson;

import java.time.Duration;

import org.redisson.config.BaseConfig;
import org.redisson.config.Config;
import org.redisson.config.ConfigSupport;
import org.redisson.config.NameMapper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the configuration of a client that others have made, or could change.
 */
public final class RedissonConfigCheck {

	private static final Logger logger = LoggerFactory.getLogger(RedissonConfigCheck.class);

	/** A lease is renewed after this part of its time to live. */
	private static final int RENEWALS_PER_TTL = 3;

	private RedissonConfigCheck() {
	}

	/**
	 * Checks a configuration. Logs a warning if a silently dead connection is found only
	 * after a renewal is due.
	 * @param config the configuration
	 * @param keyPrefix the beginning of all keys of Weir
	 * @param leaseTtl the time to live of a lease
	 * @throws IllegalStateException if the client of a cluster maps names
	 */
	public static void check(Config config, String keyPrefix, Duration leaseTtl) {
		BaseConfig<?> servers = ConfigSupport.getConfig(config);
		if (config.isClusterConfig()
				&& (maps(config.getNameMapper(), keyPrefix) || maps(servers.getNameMapper(), keyPrefix))) {
			throw new IllegalStateException(
					"The RedissonClient has a NameMapper. In a Redis Cluster, mapped names move "
							+ "the keys of one lease to different slots. Remove the NameMapper, or give Weir a RedissonClient "
							+ "without one. 'weir.key-prefix' puts a prefix before all keys of Weir");
		}
		int interval = servers.getPingConnectionInterval();
		long longest = leaseTtl.toMillis() / RENEWALS_PER_TTL;
		if (interval <= 0 || 2L * interval > longest) {
			logger.warn(
					"The application's RedissonClient finds a silently dead connection after up to {} ms, but a lease is "
							+ "renewed every {} ms: a network that drops connections can cost leases. Set "
							+ "'pingConnectionInterval' of the client to 1000 ('weir.lease.ttl' is {})",
					(interval > 0) ? 2L * interval : "unlimited", longest, leaseTtl);
		}
	}

	private static boolean maps(NameMapper mapper, String keyPrefix) {
		String name = keyPrefix + "name";
		return !name.equals(mapper.map(name));
	}

}
