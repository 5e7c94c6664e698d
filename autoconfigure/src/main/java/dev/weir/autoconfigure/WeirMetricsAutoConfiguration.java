package dev.weir.autoconfigure;

import dev.weir.observe.RateLimitMetrics;
import dev.weir.ratelimit.RateLimiter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link AutoConfiguration Auto-configuration} for metrics.
 */
@AutoConfiguration(after = { WeirRateLimitAutoConfiguration.class },
		afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean(MeterRegistry.class)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
public final class WeirMetricsAutoConfiguration {

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

}
