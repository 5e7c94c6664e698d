package dev.weir.autoconfigure;

import dev.weir.core.StoreProbe;
import dev.weir.observe.LeadershipMetrics;
import dev.weir.observe.LeaseMetrics;
import dev.weir.observe.RateLimitMetrics;
import dev.weir.observe.RedisMetrics;
import dev.weir.ratelimit.RateLimiter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

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
	LeadershipMetrics weirLeadershipMetrics(MeterRegistry registry) {
		return new LeadershipMetrics(registry);
	}

	@Bean
	@ConditionalOnMissingBean
	RateLimitMetrics weirRateLimitMetrics(MeterRegistry registry) {
		return new RateLimitMetrics(registry);
	}

	@Bean
	@ConditionalOnBean(RateLimiter.class)
	MeterBinder weirClockMetrics(RateLimiter limiter) {
		return RateLimitMetrics.clockSkew(limiter);
	}

	/**
	 * Meters of Redis.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(StoreProbe.class)
	static class RedisMetricsConfiguration {

		@Bean
		@ConditionalOnMissingBean
		RedisMetrics weirRedisMetrics(MeterRegistry registry) {
			return new RedisMetrics(registry);
		}

		@Bean
		MeterBinder weirCircuitMetrics(StoreProbe store) {
			return RedisMetrics.circuits(store);
		}

	}

}
