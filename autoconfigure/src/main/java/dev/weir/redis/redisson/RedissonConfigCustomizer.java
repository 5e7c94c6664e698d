package dev.weir.redis.redisson;

import org.redisson.config.Config;

/**
 * Customizes the configuration of the Redisson client that Weir creates from
 * {@code spring.data.redis.*}. Weir calls the beans of this type in their order, after
 * all other configuration.
 */
@FunctionalInterface
public interface RedissonConfigCustomizer {

	/**
	 * Customizes the configuration.
	 * @param config the configuration
	 */
	void customize(Config config);

}
