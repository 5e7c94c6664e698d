package dev.weir.sample.service.redis;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;
import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * Fails the start if no Redis is configured, for example because the name of a variable
 * is misspelt. With the default address, {@code localhost}, the instance could start and
 * share its guards with no other instance.
 */
@Component
public class RedisAddress implements InitializingBean {

	private final Environment environment;

	RedisAddress(Environment environment) {
		this.environment = environment;
	}

	@Override
	public void afterPropertiesSet() {
		Assert.state(isConfigured(this.environment),
				"No Redis is configured. Set 'spring.data.redis.host', '.url', '.sentinel.*', '.cluster.*' or "
						+ "'.masterreplica.*' (in a container: SPRING_DATA_REDIS_HOST)");
	}

	/**
	 * Returns whether the address of a Redis is configured.
	 * @param environment the properties of the application
	 * @return whether an address is configured
	 */
	public static boolean isConfigured(Environment environment) {
		DataRedisProperties redis = Binder.get(environment)
			.bindOrCreate("spring.data.redis", DataRedisProperties.class);
		// The host has a default, so only the environment shows whether it is configured.
		return StringUtils.hasText(environment.getProperty("spring.data.redis.host")) || redis.getUrl() != null
				|| redis.getSentinel() != null || redis.getCluster() != null || redis.getMasterreplica() != null;
	}

}
