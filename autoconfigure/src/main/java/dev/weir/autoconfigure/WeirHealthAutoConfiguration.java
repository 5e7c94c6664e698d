package dev.weir.autoconfigure;

import java.util.function.BooleanSupplier;

import dev.weir.actuate.WeirHealthIndicator;
import dev.weir.core.StoreProbe;
import dev.weir.lease.Leaders;
import dev.weir.observe.RenewalWatch;
import dev.weir.policy.GuardedMethods;

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
@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@ConditionalOnBean(StoreProbe.class)
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
	WeirHealthIndicator weirHealthContributor(StoreProbe store, RenewalWatch renewals, WeirProperties properties,
			ObjectProvider<GuardedMethods> methods, ObjectProvider<Leaders> leaders) {
		// Health does not connect to a Redis that no call needs.
		BooleanSupplier needed = () -> store.isInUse() || NeedForRedis.exists(properties, methods);
		return new WeirHealthIndicator(store, needed, renewals, properties.health().downWhenDegraded(),
				() -> leaders.stream().flatMap((found) -> found.all().stream()).toList());
	}

}
