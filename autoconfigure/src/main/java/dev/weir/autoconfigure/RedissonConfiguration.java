package dev.weir.autoconfigure;

import dev.weir.redis.ConfiguredRedis;
import dev.weir.redis.RedisTransport;
import dev.weir.redis.redisson.RedissonConfigCheck;
import dev.weir.redis.redisson.RedissonConfigCustomizer;
import dev.weir.redis.redisson.RedissonConfigs;
import dev.weir.redis.redisson.RedissonSource;
import dev.weir.redis.redisson.RedissonTransport;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Redisson as the client.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(RedissonClient.class)
@ConditionalOnRedisClient(WeirProperties.Redis.Client.REDISSON)
class RedissonConfiguration {

	@Bean
	@ConditionalOnBean(RedissonSource.class)
	@ConditionalOnMissingBean
	RedisTransport weirRedisTransport(RedissonSource source, WeirProperties properties, EngineThreads threads) {
		return new RedissonTransport(source, properties.redis().timeout(), threads.executor());
	}

	/**
	 * The application's client.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(RedissonClient.class)
	static class ApplicationClientConfiguration {

		@Bean
		@ConditionalOnMissingBean
		RedissonSource weirRedissonSource(RedissonClient redisson, WeirProperties properties) {
			Config config = redisson.getConfig();
			RedissonConfigCheck.rejectMappedNames(config, properties.keyPrefix());
			RedissonConfigCheck.warnOfLatePings(config, properties.lease().ttl());
			return RedissonSource.of(redisson);
		}

	}

	/**
	 * A client that Weir creates. The connection details are a bean in an application
	 * with Spring Data Redis, or if another library provides them, such as
	 * Testcontainers.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(DataRedisConnectionDetails.class)
	@ConditionalOnMissingBean(RedissonClient.class)
	static class OwnClientConfiguration {

		@Bean(destroyMethod = "")
		@ConditionalOnMissingBean
		RedissonSource weirRedissonSource(ObjectProvider<DataRedisConnectionDetails> details,
				ObjectProvider<SslBundles> sslBundles, Environment environment,
				ObjectProvider<RedissonConfigCustomizer> customizers, WeirProperties weir, Shutdown shutdown) {
			DataRedisProperties properties = Binder.get(environment)
				.bindOrCreate("spring.data.redis", DataRedisProperties.class);
			DataRedisConnectionDetails redis = details
				.getIfAvailable(() -> new ConfiguredRedis(properties, sslBundles.getIfAvailable()));
			Config config = RedissonConfigs.from(redis, properties);
			customizers.orderedStream().forEach((customizer) -> customizer.customize(config));
			RedissonConfigCheck.rejectMappedNames(config, weir.keyPrefix());
			return shutdown.closes(RedissonSource.making(config, RedissonConfigs.location(redis)));
		}

	}

}
