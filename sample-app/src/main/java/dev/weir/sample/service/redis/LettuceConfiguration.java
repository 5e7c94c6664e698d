package dev.weir.sample.service.redis;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.resource.Delay;

import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Makes Lettuce, the client of the cache, fail fast while Redis is away and reconnect
 * quickly. By default, Lettuce keeps commands until it is connected again, and waits up
 * to 30 seconds before each attempt.
 */
@Configuration(proxyBeanMethods = false)
class LettuceConfiguration {

	private static final Duration SLOWEST_RECONNECT = Duration.ofMillis(500);

	@Bean
	ClientResourcesBuilderCustomizer quickReconnect() {
		return (resources) -> resources
			.reconnectDelay(Delay.exponential(Duration.ofMillis(20), SLOWEST_RECONNECT, 2, TimeUnit.MILLISECONDS));
	}

	@Bean
	LettuceClientOptionsBuilderCustomizer failFast() {
		return (options) -> options.disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS);
	}

}
