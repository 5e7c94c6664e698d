package dev.weir.sample.redis;

import dev.weir.embeddedredis.RedisServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * Starts a Redis if none is configured, and tells Spring Boot where it is. Everything
 * else, Weir included, finds it as it would find any other.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(OnNoRedisCondition.class)
class EmbeddedRedisConfiguration {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddedRedisConfiguration.class);

	@Bean
	RedisServer redisServer() {
		RedisServer server = RedisServer.start();
		logger.info(
				"No Redis is configured: started an embedded one on {}. Its data is gone when this process ends. "
						+ "For a second instance on it: --server.port=8081 --spring.data.redis.url={}",
				server.uri(), server.uri());
		return server;
	}

	@Bean
	DataRedisConnectionDetails embeddedRedisConnectionDetails(RedisServer server) {
		return new DataRedisConnectionDetails() {

			@Override
			public Standalone getStandalone() {
				return Standalone.of(server.host(), server.port());
			}

		};
	}

}
