package dev.weir.autoconfigure;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.core.StoreListener;
import dev.weir.lease.LeaseStore;
import dev.weir.observe.OutageLog;
import dev.weir.policy.GuardedMethods;
import dev.weir.ratelimit.BucketStore;
import dev.weir.redis.RedisBucketStore;
import dev.weir.redis.RedisLeaseStore;
import dev.weir.redis.RedisScripts;
import dev.weir.redis.RedisTransactionStore;
import dev.weir.redis.RedisTransport;
import dev.weir.transaction.TransactionStore;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.core.env.Environment;

/**
 * {@link AutoConfiguration Auto-configuration} for the stores on Redis. Uses the
 * application's {@code RedissonClient} if there is one. Otherwise, Weir creates a client
 * of its own, which connects when it is first used: Redisson if it is present, else
 * Lettuce.
 */
@AutoConfiguration(after = DataRedisAutoConfiguration.class,
		afterName = "org.redisson.spring.starter.RedissonAutoConfigurationV4")
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
@ConditionalOnProperty(name = "weir.store", havingValue = "redis", matchIfMissing = true)
@EnableConfigurationProperties(WeirProperties.class)
@Import({ RedissonConfiguration.class, LettuceConfiguration.class })
public final class WeirRedisAutoConfiguration {

	private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

	@Bean
	@ConditionalOnBean(RedisTransport.class)
	@ConditionalOnMissingBean
	RedisScripts weirRedisScripts(RedisTransport transport, WeirProperties properties, Environment environment,
			ObjectProvider<StoreListener> listeners) {
		return new RedisScripts(transport, properties.redis().timeout(), connectTimeout(environment),
				listeners.orderedStream().toList());
	}

	static Duration connectTimeout(Environment environment) {
		return Binder.get(environment)
			.bind("spring.data.redis.connect-timeout", Duration.class)
			.orElse(CONNECT_TIMEOUT);
	}

	@Bean
	@ConditionalOnBean(RedisScripts.class)
	@ConditionalOnProperty(name = "weir.redis.connect", havingValue = "eager", matchIfMissing = true)
	ApplicationListener<ContextRefreshedEvent> weirRedisConnector(ApplicationContext context,
			ObjectProvider<RedisScripts> scripts, WeirProperties properties, ObjectProvider<GuardedMethods> methods) {
		return (event) -> {
			if (event.getApplicationContext() == context && NeedForRedis.exists(properties, methods)) {
				scripts.getObject().warmUp();
			}
		};
	}

	@Bean(destroyMethod = "")
	@ConditionalOnBean(RedisTransport.class)
	OutageLog weirOutageLog(RedisTransport transport, WeirProperties properties, EngineThreads threads) {
		String consequences = "Until Redis answers again, calls follow 'on-unavailable' of their policies (if not set: "
				+ text(properties.onUnavailable()) + " for locks and semaphores, "
				+ text(properties.rateLimit().defaults().onUnavailable())
				+ " for rate limits), and Weir probes Redis every " + properties.redis().timeout().toMillis() + " ms";
		return new OutageLog(transport.location(), consequences, properties.redis().timeout(), System::nanoTime,
				(delay, task) -> CompletableFuture
					.delayedExecutor(delay.toNanos(), TimeUnit.NANOSECONDS, threads.executor())
					.execute(task));
	}

	private static String text(Enum<?> value) {
		return value.name().toLowerCase(Locale.ROOT);
	}

	@Bean
	@ConditionalOnBean(OutageLog.class)
	ApplicationListener<ContextClosedEvent> weirOutageLogCloser(ApplicationContext context, OutageLog outages) {
		return (event) -> {
			if (event.getApplicationContext() == context) {
				outages.close();
			}
		};
	}

	@Bean
	@ConditionalOnBean(RedisScripts.class)
	@ConditionalOnMissingBean(LeaseStore.class)
	RedisLeaseStore weirRedisLeaseStore(RedisScripts scripts, WeirProperties properties) {
		return new RedisLeaseStore(scripts, properties.keyPrefix());
	}

	@Bean
	@ConditionalOnBean(RedisScripts.class)
	@ConditionalOnMissingBean(BucketStore.class)
	RedisBucketStore weirRedisBucketStore(RedisScripts scripts, WeirProperties properties) {
		return new RedisBucketStore(scripts, properties.keyPrefix());
	}

	@Bean
	@ConditionalOnBean(RedisScripts.class)
	@ConditionalOnMissingBean(TransactionStore.class)
	RedisTransactionStore weirRedisTransactionStore(RedisScripts scripts, WeirProperties properties) {
		return new RedisTransactionStore(scripts, properties.keyPrefix(), properties.transaction().markerTtl());
	}

}
