package dev.weir.sample.demo;

import java.util.Map;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.sample.service.redis.RedisAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.MapPropertySource;

/**
 * Starts an embedded Redis if none is configured, and configures its address. All other
 * code, including Weir, finds this Redis like any other Redis.
 */
class EmbeddedRedis implements ApplicationContextInitializer<GenericApplicationContext> {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddedRedis.class);

	@Override
	public void initialize(GenericApplicationContext context) {
		if (RedisAddress.isConfigured(context.getEnvironment())) {
			return;
		}
		RedisServer server = RedisServer.start();
		// The context creates its first bean first and destroys it last.
		context.registerBean(RedisServer.class, () -> server);
		context.getEnvironment()
			.getPropertySources()
			.addFirst(new MapPropertySource("embeddedRedis", Map.of("spring.data.redis.url", server.uri())));
		logger.info(
				"No Redis is configured, so an embedded Redis was started on {}. Its data is lost when this process "
						+ "ends. Options for a second instance: --server.port=8081 --spring.data.redis.url={}",
				server.uri(), server.uri());
	}

}
