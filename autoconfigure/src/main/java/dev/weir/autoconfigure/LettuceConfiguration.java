package dev.weir.autoconfigure;

import dev.weir.redis.RedisTransport;
import dev.weir.redis.lettuce.LettuceClients;
import dev.weir.redis.lettuce.LettuceTransport;
import io.lettuce.core.RedisClient;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * Lettuce as the client, with the settings of the application's connection factory.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ RedisClient.class, LettuceConnectionFactory.class })
@ConditionalOnRedisClient(WeirProperties.Redis.Client.LETTUCE)
class LettuceConfiguration {

	@Bean
	@ConditionalOnBean(LettuceConnectionFactory.class)
	@ConditionalOnMissingBean
	RedisTransport weirRedisTransport(LettuceConnectionFactory factory, Environment environment, EngineThreads threads,
			Shutdown shutdown) {
		LettuceClients clients = shutdown
			.closes(LettuceClients.like(factory, WeirRedisAutoConfiguration.connectTimeout(environment)));
		return new LettuceTransport(clients, threads.executor());
	}

}
