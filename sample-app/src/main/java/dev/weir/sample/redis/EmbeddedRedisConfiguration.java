package dev.weir.sample.redis;

import dev.weir.embeddedredis.RedisServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * Starts an embedded Redis if none is configured, and passes its address to Spring Boot.
 * All other code, including Weir, finds this Redis like any other Redis.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(OnNoRedisCondition.class)
class EmbeddedRedisConfiguration {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddedRedisConfiguration.class);

	@Bean
	RedisServer redisServer() {
		RedisServer server = RedisServer.start();
		logger.info(
				"No Redis is configured, so an embedded Redis was started on {}. Its data is lost when this process "
						+ "ends. Options for a second instance: --server.port=8081 --spring.data.redis.url={}",
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
