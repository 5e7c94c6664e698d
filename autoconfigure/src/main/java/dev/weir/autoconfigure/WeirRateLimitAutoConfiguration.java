package dev.weir.autoconfigure;

import java.time.Duration;

import dev.weir.local.LocalBucketStore;
import dev.weir.policy.Callers;
import dev.weir.policy.PolicyRateLimitOperations;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.RateLimitListener;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.ratelimit.UserKeyResolver;
import dev.weir.redis.redisson.RedissonSource;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.proxy.ProxyManager;
import io.github.bucket4j.redis.redisson.Bucket4jRedisson;
import org.redisson.Redisson;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/**
 * {@link AutoConfiguration Auto-configuration} for rate limits.
 */
@AutoConfiguration(after = { WeirRedisAutoConfiguration.class, WeirAutoConfiguration.class })
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
@EnableConfigurationProperties(WeirProperties.class)
public final class WeirRateLimitAutoConfiguration {

	@Bean
	@ConditionalOnProperty(name = "weir.store", havingValue = "local")
	@ConditionalOnMissingBean(BucketStore.class)
	LocalBucketStore weirLocalBucketStore() {
		return new LocalBucketStore();
	}

	@Bean
	@ConditionalOnBean(BucketStore.class)
	@ConditionalOnMissingBean
	RateLimiter weirRateLimiter(BucketStore store, WeirProperties properties,
			ObjectProvider<RateLimitListener> listeners) {
		return new RateLimiter(store, LocalBucketStore.standIn(), properties.redis().timeout(),
				listeners.orderedStream().toList());
	}

	@Bean
	RateLimitPolicies weirRateLimitPolicies(WeirProperties properties, ConfigurableBeanFactory beanFactory,
			ObjectProvider<Callers> callers, ObjectProvider<UserKeyResolver> users) {
		WeirProperties.RateLimit rateLimit = properties.rateLimit();
		return new RateLimitPolicies(properties.keyPrefix(), rateLimit.allDefaults(), rateLimit.policies(),
				rateLimit.users(), callers.getIfAvailable(() -> new Callers(users::getIfAvailable)),
				beanFactory::resolveEmbeddedValue, beanFactory);
	}

	@Bean
	@ConditionalOnBean(RateLimiter.class)
	@ConditionalOnMissingBean
	RateLimitOperations weirRateLimitOperations(RateLimiter limiter, RateLimitPolicies policies,
			EngineThreads threads) {
		return new PolicyRateLimitOperations(limiter, policies, threads.executor());
	}

	@Bean
	PropertiesListener weirRateLimitPropertiesListener(ObjectProvider<RateLimitPolicies> policies) {
		return (properties) -> policies.getObject().prepare(properties.rateLimit().policies());
	}

	/**
	 * Bucket4j on Weir's client, for limits that a {@code RateLimit} cannot express.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Redisson.class, Bucket4jRedisson.class })
	static class Bucket4jConfiguration {

		// Lazy: creating it connects the client.
		@Bean
		@Lazy
		@ConditionalOnBean(RedissonSource.class)
		@ConditionalOnMissingBean
		ProxyManager<String> weirProxyManager(RedissonSource source) {
			Redisson client = (Redisson) source.connect();
			return Bucket4jRedisson.casBasedBuilder(client.getCommandExecutor())
				.expirationAfterWrite(
						ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(Duration.ofSeconds(1)))
				.build();
		}

	}

}
