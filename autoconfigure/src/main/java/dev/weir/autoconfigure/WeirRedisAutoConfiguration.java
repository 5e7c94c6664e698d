package dev.weir.autoconfigure;

import java.time.Duration;

import dev.weir.lease.LeaseStore;
import dev.weir.redis.RedisLeaseStore;
import dev.weir.redis.RedisScripts;
import dev.weir.redis.RedissonConfigCustomizer;
import dev.weir.redis.RedissonConfigs;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * {@link AutoConfiguration Auto-configuration} for the stores on Redis. Uses the
 * application's {@link RedissonClient} if there is one, else makes one from
 * {@code spring.data.redis.*} that connects when it is first used. Never touches the
 * application's {@code RedisConnectionFactory}.
 */
@AutoConfiguration(after = DataRedisAutoConfiguration.class,
		afterName = "org.redisson.spring.starter.RedissonAutoConfigurationV4")
@ConditionalOnClass(RedissonClient.class)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
@ConditionalOnProperty(name = "weir.store", havingValue = "redis", matchIfMissing = true)
@EnableConfigurationProperties(WeirProperties.class)
public final class WeirRedisAutoConfiguration {

	private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

	@Bean
	@ConditionalOnBean(RedissonClient.class)
	@ConditionalOnMissingBean
	RedisScripts weirRedisScripts(RedissonClient redisson, WeirProperties properties, Environment environment,
			EngineThreads threads) {
		Duration connectTimeout = Binder.get(environment)
			.bind("spring.data.redis.connect-timeout", Duration.class)
			.orElse(CONNECT_TIMEOUT);
		return new RedisScripts(redisson, properties.redis().timeout(), connectTimeout, threads.executor());
	}

	@Bean
	@ConditionalOnBean(RedisScripts.class)
	@ConditionalOnMissingBean(LeaseStore.class)
	RedisLeaseStore weirRedisLeaseStore(RedisScripts scripts, WeirProperties properties) {
		return new RedisLeaseStore(scripts, properties.keyPrefix());
	}

	/**
	 * The client.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(DataRedisConnectionDetails.class)
	@ConditionalOnMissingBean(RedissonClient.class)
	static class ClientConfiguration {

		@Bean(destroyMethod = "shutdown")
		@ConditionalOnBean(DataRedisConnectionDetails.class)
		RedissonClient weirRedissonClient(DataRedisConnectionDetails details, DataRedisProperties properties,
				ObjectProvider<RedissonConfigCustomizer> customizers) {
			Config config = RedissonConfigs.from(details, properties);
			customizers.orderedStream().forEach((customizer) -> customizer.customize(config));
			return Redisson.create(config);
		}

	}

}
