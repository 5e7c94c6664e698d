package dev.weir.autoconfigure;

import java.time.Duration;
import java.util.Locale;

import dev.weir.observe.LeaseMetrics;
import dev.weir.observe.RateLimitMetrics;
import dev.weir.observe.RedisMetrics;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.redis.RedisListener;
import dev.weir.redis.RedisScripts;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.redisson.api.RedissonClient;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * {@link AutoConfiguration Auto-configuration} for metrics.
 */
@AutoConfiguration(
		after = { WeirAutoConfiguration.class, WeirRateLimitAutoConfiguration.class, WeirRedisAutoConfiguration.class },
		afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean(MeterRegistry.class)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
public final class WeirMetricsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	LeaseMetrics weirLeaseMetrics(MeterRegistry registry) {
		return new LeaseMetrics(registry);
	}

	@Bean
	@ConditionalOnMissingBean
	RateLimitMetrics weirRateLimitMetrics(MeterRegistry registry) {
		return new RateLimitMetrics(registry);
	}

	@Bean
	@ConditionalOnBean(RateLimiter.class)
	MeterBinder weirClockMetrics(RateLimiter limiter) {
		return (registry) -> Gauge
			.builder("weir.redis.clock.skew", limiter, (current) -> current.clockSkew().toMillis() / 1000d)
			.baseUnit("seconds")
			.description("By how much the clock of Redis is ahead of the clock of this instance")
			.register(registry);
	}

	/**
	 * Meters of Redis.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RedissonClient.class)
	@ConditionalOnBean(RedisScripts.class)
	static class RedisMetricsConfiguration {

		@Bean
		@ConditionalOnMissingBean
		RedisMetrics weirRedisMetrics(MeterRegistry registry) {
			return new RedisMetrics(registry);
		}

		@Bean
		RedisListener weirRedisMetricsListener(RedisMetrics metrics) {
			return new RedisListener() {

				@Override
				public void called(String script, Duration time, Outcome outcome) {
					metrics.called(script, outcome.name().toLowerCase(Locale.ROOT), time);
				}

				@Override
				public void circuitOpened(String reason) {
					metrics.circuitOpened();
				}

			};
		}

		@Bean
		MeterBinder weirCircuitMetrics(RedisScripts scripts) {
			return (registry) -> Gauge
				.builder("weir.redis.circuit.open", scripts, (current) -> current.isCircuitOpen() ? 1 : 0)
				.description("1 while Redis has not answered for a while and calls are not sent, else 0")
				.register(registry);
		}

	}

}
