package dev.weir.redis.redisson;

import java.time.Duration;

import dev.weir.core.Log;
import org.redisson.config.BaseConfig;
import org.redisson.config.Config;
import org.redisson.config.ConfigSupport;
import org.redisson.config.NameMapper;

/**
 * Checks the configuration of a client that others have made, or could change.
 */
public final class RedissonConfigCheck {

	private static final Log logger = Log.of(RedissonConfigCheck.class);

	/** A lease is renewed after this part of its time to live. */
	private static final int RENEWALS_PER_TTL = 3;

	private RedissonConfigCheck() {
	}

	/**
	 * Rejects a client of a cluster that maps names.
	 * @param config the configuration
	 * @param keyPrefix the beginning of all keys of Weir
	 * @throws IllegalStateException if the client maps names of Weir
	 */
	public static void rejectMappedNames(Config config, String keyPrefix) {
		BaseConfig<?> servers = ConfigSupport.getConfig(config);
		if (config.isClusterConfig()
				&& (maps(config.getNameMapper(), keyPrefix) || maps(servers.getNameMapper(), keyPrefix))) {
			throw new IllegalStateException(
					"The RedissonClient has a NameMapper. In a Redis Cluster, mapped names move "
							+ "the keys of one lease to different slots. Remove the NameMapper, or give Weir a RedissonClient "
							+ "without one. 'weir.key-prefix' puts a prefix before all keys of Weir");
		}
	}

	/**
	 * Logs a warning if the application's client finds a silently dead connection only
	 * after a renewal is due. Weir's own client pings often enough.
	 * @param config the configuration of the application's client
	 * @param leaseTtl the time to live of a lease
	 */
	public static void warnOfLatePings(Config config, Duration leaseTtl) {
		int interval = ConfigSupport.getConfig(config).getPingConnectionInterval();
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
