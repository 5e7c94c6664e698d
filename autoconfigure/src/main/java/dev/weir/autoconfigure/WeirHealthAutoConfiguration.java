package dev.weir.autoconfigure;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

import dev.weir.observe.RenewalWatch;
import dev.weir.observe.StoreProbe;
import dev.weir.observe.WeirHealthIndicator;
import dev.weir.policy.GuardedMethods;
import dev.weir.redis.RedisScripts;
import org.redisson.api.RedissonClient;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/**
 * {@link AutoConfiguration Auto-configuration} for health.
 */
@AutoConfiguration(after = { WeirAutoConfiguration.class, WeirRedisAutoConfiguration.class })
@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class, RedissonClient.class })
@ConditionalOnBean(RedisScripts.class)
@ConditionalOnEnabledHealthIndicator("weir")
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
public final class WeirHealthAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	RenewalWatch weirRenewalWatch(WeirProperties properties) {
		return new RenewalWatch(properties.lease().ttl());
	}

	@Bean
	@ConditionalOnMissingBean(name = { "weirHealthIndicator", "weirHealthContributor" })
	WeirHealthIndicator weirHealthContributor(RedisScripts scripts, RenewalWatch renewals, WeirProperties properties,
			ObjectProvider<GuardedMethods> methods) {
		boolean rules = !properties.rateLimit().rules().isEmpty();
		StoreProbe store = new StoreProbe() {

			@Override
			public boolean isNeeded() {
				return rules || scripts.isInUse() || methods.stream().anyMatch((guarded) -> !guarded.isEmpty());
			}

			@Override
			public boolean isCircuitOpen() {
				return scripts.isCircuitOpen();
			}

			@Override
			public CompletionStage<Duration> ping() {
				return scripts.ping();
			}

		};
		return new WeirHealthIndicator(store, renewals, properties.health().downWhenDegraded());
	}

}
