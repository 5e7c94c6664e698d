package dev.weir.autoconfigure;

import java.time.Clock;
import java.util.List;

import dev.weir.actuate.ChangeMessage;
import dev.weir.actuate.MessageSignature;
import dev.weir.actuate.OperatorAudit;
import dev.weir.actuate.PolicyTuning;
import dev.weir.actuate.WeirEndpoint;
import dev.weir.core.Log;
import dev.weir.core.StoreProbe;
import dev.weir.lease.Leaders;
import dev.weir.lease.LeaseDirectory;
import dev.weir.lease.LeaseStore;
import dev.weir.policy.GuardedMethods;
import dev.weir.policy.LeasePolicies;
import dev.weir.policy.PolicyCatalog;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.ratelimit.BucketDirectory;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.redis.Broadcast;
import dev.weir.redis.RedisBucketDirectory;
import dev.weir.redis.RedisLeaseDirectory;
import dev.weir.redis.RedisScripts;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.EndpointAccessResolver;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * {@link AutoConfiguration Auto-configuration} for the actuator endpoint. If the endpoint
 * is available and allows changes, this instance connects to Redis when the application
 * is ready, to receive the changes that an operator makes in all instances.
 */
@AutoConfiguration(after = { WeirAutoConfiguration.class, WeirRedisAutoConfiguration.class,
		WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class })
@ConditionalOnClass({ ConditionalOnAvailableEndpoint.class, AuditApplicationEvent.class })
@ConditionalOnAvailableEndpoint(WeirEndpoint.class)
@ConditionalOnBean({ LeaseStore.class, RateLimiter.class, GuardedMethods.class })
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
public final class WeirEndpointAutoConfiguration {

	private static final Log logger = Log.of(WeirEndpointAutoConfiguration.class);

	@Bean
	OperatorAudit weirOperatorAudit(ApplicationEventPublisher publisher) {
		return new OperatorAudit((event) -> publisher.publishEvent(new AuditApplicationEvent(event)));
	}

	@Bean
	OperatorChanges weirOperatorChanges(WeirProperties configured, PropertiesInForce properties, PolicyCatalog policies,
			ObjectProvider<Broadcast> broadcast, OperatorAudit audit) {
		return new OperatorChanges(properties, policies, broadcast.getIfAvailable(),
				new MessageSignature(configured.changes().secret(), channel(configured)), audit, Clock.systemUTC());
	}

	private static String channel(WeirProperties properties) {
		return properties.keyPrefix() + "changes";
	}

	@Bean
	ApplicationListener<ApplicationReadyEvent> weirOperatorListener(OperatorChanges operator,
			ObjectProvider<EndpointAccessResolver> access) {
		// An instance whose endpoint allows no changes does not receive changes from
		// other instances either.
		return (event) -> access.ifAvailable((resolver) -> {
			if (resolver.accessFor(EndpointId.of("weir"), Access.READ_ONLY) == Access.UNRESTRICTED) {
				operator.listen();
			}
		});
	}

	@Bean
	ApplicationListener<ApplicationReadyEvent> weirExposureCheck(Environment environment) {
		return (event) -> {
			if (ExposedToAnybody.test(event.getApplicationContext(), environment)) {
				logger.warn("'management.endpoints.web.exposure.include' is '*', and there is no Spring Security. "
						+ "Every client of the application can read the keys of leases and buckets at the "
						+ "endpoint 'weir', and keys may contain data of users. Add Spring Security, name the "
						+ "endpoints to expose, or set 'management.endpoints.web.exposure.exclude=weir'");
			}
		};
	}

	@Bean
	@ConditionalOnMissingBean
	PolicyCatalog weirPolicyCatalog(GuardedMethods methods,
			@Qualifier(WeirAutoConfiguration.LOCK_POLICIES) LeasePolicies locks,
			@Qualifier(WeirAutoConfiguration.SEMAPHORE_POLICIES) LeasePolicies semaphores, RateLimitPolicies rateLimits,
			PropertiesInForce properties) {
		return new PolicyCatalog(methods, List.of(locks, semaphores), rateLimits,
				() -> properties.current()
					.rateLimit()
					.rules()
					.stream()
					.map((rule) -> new PolicyCatalog.PathLimit(rule.name(), rule.path(), rule))
					.toList());
	}

	@Bean
	@ConditionalOnBean({ LeaseDirectory.class, BucketDirectory.class })
	@ConditionalOnMissingBean
	WeirEndpoint weirEndpoint(WeirProperties properties, PolicyCatalog policies, LeaseStore leases,
			LeaseDirectory leaseDirectory, RateLimiter rateLimiter, BucketDirectory bucketDirectory,
			PolicyTuning tuning, OperatorAudit audit, ObjectProvider<StoreProbe> store,
			ObjectProvider<Leaders> leaders) {
		return new WeirEndpoint(properties.keyPrefix(), policies, leases, leaseDirectory, rateLimiter, bucketDirectory,
				tuning, audit, store.getIfAvailable(), leaders.getIfAvailable());
	}

	/**
	 * The beans on Redis that the endpoint needs.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(RedisScripts.class)
	static class RedisConfiguration {

		@Bean
		@ConditionalOnMissingBean(LeaseDirectory.class)
		RedisLeaseDirectory weirRedisLeaseDirectory(RedisScripts scripts) {
			return new RedisLeaseDirectory(scripts);
		}

		@Bean
		@ConditionalOnMissingBean(BucketDirectory.class)
		RedisBucketDirectory weirRedisBucketDirectory(RedisScripts scripts) {
			return new RedisBucketDirectory(scripts);
		}

		@Bean
		Broadcast weirBroadcast(RedisScripts scripts, WeirProperties properties, EngineThreads threads) {
			return new Broadcast(scripts, channel(properties), ChangeMessage.MAX_LENGTH, threads.executor());
		}

	}

}
