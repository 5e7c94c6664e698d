package dev.weir.redis.redisson;

import org.redisson.config.Config;

/**
 * Changes the configuration of the Redisson client that Weir makes from
 * {@code spring.data.redis.*}. Beans of this type are called in their order, last of all.
 */
@FunctionalInterface
public interface RedissonConfigCustomizer {

	/**
	 * Changes the configuration.
	 * @param config the configuration
	 */
	void customize(Config config);

}
