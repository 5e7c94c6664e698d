package dev.weir.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import dev.weir.aop.DistributedLockAspect;
import dev.weir.aop.GuardedMethodCheck;
import dev.weir.aop.GuardedMethodCheck.Guarding;
import dev.weir.aop.LeaseAdvice;
import dev.weir.aop.RateLimitAspect;
import dev.weir.aop.RateLimitAspect.ChargedElsewhere;
import dev.weir.aop.RedisTransactionalAspect;
import dev.weir.aop.SemaphoreAspect;
import dev.weir.cache.SingleFlightCaches;
import dev.weir.lease.LeaseTemplate;
import dev.weir.policy.GuardedMethods;
import dev.weir.policy.LeasePolicies;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.TransactionPolicies;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.transaction.RedisTransactions;
import dev.weir.transaction.TransactionalCalls;
import dev.weir.web.RateLimitRule;
import org.aspectj.weaver.Advice;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.Advised;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;
import org.springframework.util.ClassUtils;

/**
 * {@link AutoConfiguration Auto-configuration} for the aspects, and for the check that no
 * annotated method runs unguarded.
 */
@AutoConfiguration(after = { WeirAutoConfiguration.class, WeirRateLimitAutoConfiguration.class,
		WeirTransactionAutoConfiguration.class, AopAutoConfiguration.class })
@ConditionalOnClass(Advised.class)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
public final class WeirAopAutoConfiguration {

	private static final String LOCK_ASPECT = "weirDistributedLockAspect";

	private static final String SEMAPHORE_ASPECT = "weirSemaphoreAspect";

	private static final String RATE_LIMIT_ASPECT = "weirRateLimitAspect";

	private static final String TRANSACTION_ASPECT = "weirRedisTransactionalAspect";

	@Bean
	GuardedMethods weirGuardedMethods() {
		return new GuardedMethods();
	}

	@Bean
	GuardedMethodCheck weirGuardedMethodCheck(ConfigurableListableBeanFactory beanFactory, GuardedMethods methods,
			@Qualifier(WeirAutoConfiguration.LOCK_POLICIES) ObjectProvider<LeasePolicies> locks,
			@Qualifier(WeirAutoConfiguration.SEMAPHORE_POLICIES) ObjectProvider<LeasePolicies> semaphores,
			ObjectProvider<RateLimitPolicies> rateLimits, ObjectProvider<TransactionPolicies> transactions,
			ObjectProvider<SingleFlightCaches> caches, WeirProperties properties) {
		List<Guarding> guardings = new ArrayList<>();
		Set<String> locksOfCaches = caches.stream()
			.flatMap((found) -> found.policies().stream())
			.collect(Collectors.toSet());
		Set<String> rules = properties.rateLimit()
			.rules()
			.stream()
			.map(RateLimitRule::name)
			.collect(Collectors.toSet());
		locks.ifAvailable((policies) -> guardings
			.add(Guarding.of(policies, locksOfCaches, aspectIfPresent(beanFactory, LOCK_ASPECT))));
		semaphores.ifAvailable((policies) -> guardings
			.add(Guarding.of(policies, Set.of(), aspectIfPresent(beanFactory, SEMAPHORE_ASPECT))));
		rateLimits.ifAvailable((policies) -> guardings
			.add(Guarding.of(policies, rules, aspectIfPresent(beanFactory, RATE_LIMIT_ASPECT))));
		transactions.ifAvailable(
				(policies) -> guardings.add(Guarding.of(policies, aspectIfPresent(beanFactory, TRANSACTION_ASPECT))));
		return new GuardedMethodCheck(beanFactory, guardings, missingAspectCure(beanFactory, properties.store()),
				methods);
	}

	private static @Nullable String aspectIfPresent(ConfigurableListableBeanFactory beanFactory, String aspect) {
		return beanFactory.containsBean(aspect) ? aspect : null;
	}

	private static String missingAspectCure(ConfigurableListableBeanFactory beanFactory, WeirProperties.Store store) {
		if (!ClassUtils.isPresent("org.aspectj.weaver.Advice", beanFactory.getBeanClassLoader())) {
			return "Add 'spring-boot-starter-aspectj' to the class path, or set 'weir.enabled' to false";
		}
		if (store == WeirProperties.Store.LOCAL) {
			return "Transactions need Redis, and 'weir.store' is local: set it to redis, or 'weir.enabled' to false";
		}
		return "There is no store for leases: add 'weir-spring-boot-starter' and configure 'spring.data.redis.*', or "
				+ "set 'weir.store' to local to guard within one JVM, or 'weir.enabled' to false";
	}

	/**
	 * The aspects.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(Advice.class)
	static class AspectConfiguration {

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		@ConditionalOnBean(LeaseTemplate.class)
		@ConditionalOnMissingBean
		LeaseAdvice weirLeaseAdvice(LeaseTemplate leases) {
			return new LeaseAdvice(leases);
		}

		@Bean(LOCK_ASPECT)
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		@ConditionalOnBean(LeaseAdvice.class)
		@ConditionalOnMissingBean
		DistributedLockAspect weirDistributedLockAspect(LeaseAdvice advice,
				@Qualifier(WeirAutoConfiguration.LOCK_POLICIES) LeasePolicies policies, WeirProperties properties) {
			return new DistributedLockAspect(advice, policies, properties.lock().order());
		}

		@Bean(SEMAPHORE_ASPECT)
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		@ConditionalOnBean(LeaseAdvice.class)
		@ConditionalOnMissingBean
		SemaphoreAspect weirSemaphoreAspect(LeaseAdvice advice,
				@Qualifier(WeirAutoConfiguration.SEMAPHORE_POLICIES) LeasePolicies policies,
				WeirProperties properties) {
			return new SemaphoreAspect(advice, policies, properties.semaphore().order());
		}

		@Bean(RATE_LIMIT_ASPECT)
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		@ConditionalOnBean(RateLimiter.class)
		@ConditionalOnMissingBean
		RateLimitAspect weirRateLimitAspect(RateLimiter limiter, RateLimitPolicies policies,
				ObjectProvider<ChargedElsewhere> elsewhere, EngineThreads threads, WeirProperties properties) {
			return new RateLimitAspect(limiter, policies, elsewhere.getIfAvailable(() -> ChargedElsewhere.NOTHING),
					threads.executor(), properties.rateLimit().order());
		}

		@Bean(TRANSACTION_ASPECT)
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		@ConditionalOnBean(RedisTransactions.class)
		@ConditionalOnMissingBean
		RedisTransactionalAspect weirRedisTransactionalAspect(RedisTransactions transactions,
				TransactionPolicies policies, WeirProperties properties) {
			return new RedisTransactionalAspect(new TransactionalCalls(transactions), policies,
					properties.transaction().order());
		}

	}

}
