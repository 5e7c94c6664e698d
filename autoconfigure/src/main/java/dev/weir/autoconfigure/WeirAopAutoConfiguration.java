package dev.weir.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import dev.weir.aop.CreatedBeans;
import dev.weir.aop.DistributedLockAspect;
import dev.weir.aop.GuardAdvisor;
import dev.weir.aop.GuardAnnotation;
import dev.weir.aop.GuardedClasses;
import dev.weir.aop.GuardedMethodCheck;
import dev.weir.aop.Guarding;
import dev.weir.aop.LeaseAdvice;
import dev.weir.aop.RateLimitAspect;
import dev.weir.aop.RedisTransactionalAspect;
import dev.weir.aop.RunsOnLeaderAspect;
import dev.weir.aop.SemaphoreAspect;
import dev.weir.cache.SingleFlightCaches;
import dev.weir.lease.engine.Campaigns;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.policy.ChargedCalls;
import dev.weir.policy.GuardedMethods;
import dev.weir.policy.LeaderPolicies;
import dev.weir.policy.LeasePolicies;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.TransactionPolicies;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.transaction.RedisTransactions;
import dev.weir.transaction.SurroundingTransaction;
import dev.weir.transaction.TransactionalCalls;
import dev.weir.web.RateLimitRule;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.config.AopConfigUtils;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.framework.ProxyConfig;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.context.annotation.Role;
import org.springframework.core.Ordered;
import org.springframework.core.type.AnnotationMetadata;

/**
 * {@link AutoConfiguration Auto-configuration} for the aspects, and for the check that no
 * annotated method runs unguarded.
 */
@AutoConfiguration(after = { WeirAutoConfiguration.class, WeirRateLimitAutoConfiguration.class,
		WeirTransactionAutoConfiguration.class, AopAutoConfiguration.class })
@ConditionalOnClass(Advised.class)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
@Import(WeirAopAutoConfiguration.AutoProxying.class)
public final class WeirAopAutoConfiguration {

	private static final String LOCK_ASPECT = "weirDistributedLockAspect";

	private static final String SEMAPHORE_ASPECT = "weirSemaphoreAspect";

	private static final String LEADER_ASPECT = "weirRunsOnLeaderAspect";

	/** Before rate limits: a call that is skipped is not charged. */
	private static final int LEADER_ORDER = Ordered.LOWEST_PRECEDENCE - 400;

	private static final String RATE_LIMIT_ASPECT = "weirRateLimitAspect";

	private static final String TRANSACTION_ASPECT = "weirRedisTransactionalAspect";

	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static GuardedClasses weirGuardedClasses(ConfigurableListableBeanFactory beanFactory) {
		return new GuardedClasses(() -> AutoProxying.makesClassProxies(beanFactory));
	}

	@Bean
	static CreatedBeans weirCreatedBeans(GuardedClasses classes) {
		return new CreatedBeans(classes);
	}

	@Bean
	GuardedMethods weirGuardedMethods() {
		return new GuardedMethods();
	}

	@Bean
	GuardedMethodCheck weirGuardedMethodCheck(ConfigurableListableBeanFactory beanFactory, GuardedClasses classes,
			CreatedBeans created, GuardedMethods methods,
			@Qualifier(WeirAutoConfiguration.LOCK_POLICIES) ObjectProvider<LeasePolicies> locks,
			@Qualifier(WeirAutoConfiguration.SEMAPHORE_POLICIES) ObjectProvider<LeasePolicies> semaphores,
			ObjectProvider<LeaderPolicies> leaders, ObjectProvider<RateLimitPolicies> rateLimits,
			ObjectProvider<TransactionPolicies> transactions, ObjectProvider<SingleFlightCaches> caches,
			WeirProperties properties) {
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
		leaders.ifAvailable((policies) -> guardings
			.add(Guarding.of(policies, Set.of(), aspectIfPresent(beanFactory, LEADER_ASPECT))));
		rateLimits.ifAvailable((policies) -> guardings
			.add(Guarding.of(policies, rules, aspectIfPresent(beanFactory, RATE_LIMIT_ASPECT))));
		transactions.ifAvailable(
				(policies) -> guardings.add(Guarding.of(policies, aspectIfPresent(beanFactory, TRANSACTION_ASPECT))));
		return new GuardedMethodCheck(beanFactory, guardings, missingAspectCure(properties.store()), classes, created,
				methods);
	}

	private static @Nullable String aspectIfPresent(ConfigurableListableBeanFactory beanFactory, String aspect) {
		return beanFactory.containsBean(aspect) ? aspect : null;
	}

	private static String missingAspectCure(WeirProperties.Store store) {
		if (store == WeirProperties.Store.LOCAL) {
			return "Transactions need Redis, and 'weir.store' is local: set 'weir.store' to redis, or 'weir.enabled' "
					+ "to false";
		}
		return "There is no store for leases: add 'weir-spring-boot-starter' and configure 'spring.data.redis.*', "
				+ "check that the client that 'weir.redis.client' names is on the class path, or set 'weir.store' to "
				+ "local to guard within one JVM, or 'weir.enabled' to false";
	}

	/**
	 * The aspects for leases.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(LeaseTemplate.class)
	static class LeaseAspects {

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		LeaseAdvice weirLeaseAdvice(LeaseTemplate leases) {
			return new LeaseAdvice(leases);
		}

		@Bean(LOCK_ASPECT)
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		DistributedLockAspect weirDistributedLockAspect(LeaseAdvice advice,
				@Qualifier(WeirAutoConfiguration.LOCK_POLICIES) LeasePolicies policies) {
			return new DistributedLockAspect(advice, policies);
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static GuardAdvisor weirDistributedLockAdvisor(GuardedClasses classes,
				ObjectProvider<DistributedLockAspect> aspect, ObjectProvider<WeirProperties> properties) {
			return new GuardAdvisor(GuardAnnotation.DISTRIBUTED_LOCK, classes, LOCK_ASPECT, aspect::getObject,
					() -> properties.getObject().lock().order());
		}

		@Bean(SEMAPHORE_ASPECT)
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		SemaphoreAspect weirSemaphoreAspect(LeaseAdvice advice,
				@Qualifier(WeirAutoConfiguration.SEMAPHORE_POLICIES) LeasePolicies policies) {
			return new SemaphoreAspect(advice, policies);
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static GuardAdvisor weirSemaphoreAdvisor(GuardedClasses classes, ObjectProvider<SemaphoreAspect> aspect,
				ObjectProvider<WeirProperties> properties) {
			return new GuardAdvisor(GuardAnnotation.SEMAPHORE, classes, SEMAPHORE_ASPECT, aspect::getObject,
					() -> properties.getObject().semaphore().order());
		}

	}

	/**
	 * The aspect for the roles of leaders.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(Campaigns.class)
	static class LeaderAspects {

		@Bean(LEADER_ASPECT)
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		RunsOnLeaderAspect weirRunsOnLeaderAspect(Campaigns leaders, LeaderPolicies policies) {
			return new RunsOnLeaderAspect(leaders, policies);
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static GuardAdvisor weirRunsOnLeaderAdvisor(GuardedClasses classes, ObjectProvider<RunsOnLeaderAspect> aspect) {
			return new GuardAdvisor(GuardAnnotation.RUNS_ON_LEADER, classes, LEADER_ASPECT, aspect::getObject,
					() -> LEADER_ORDER);
		}

	}

	/**
	 * The aspect for rate limits.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(RateLimiter.class)
	static class RateLimitAspects {

		@Bean(RATE_LIMIT_ASPECT)
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		RateLimitAspect weirRateLimitAspect(RateLimiter limiter, RateLimitPolicies policies,
				ObjectProvider<ChargedCalls> charged, EngineThreads threads) {
			return new RateLimitAspect(limiter, policies, charged.orderedStream().findFirst().orElse(ChargedCalls.NONE),
					threads.executor());
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static GuardAdvisor weirRateLimitAdvisor(GuardedClasses classes, ObjectProvider<RateLimitAspect> aspect,
				ObjectProvider<WeirProperties> properties) {
			return new GuardAdvisor(GuardAnnotation.RATE_LIMITED, classes, RATE_LIMIT_ASPECT, aspect::getObject,
					() -> properties.getObject().rateLimit().order());
		}

	}

	/**
	 * The aspect for transactions on Redis.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(RedisTransactions.class)
	static class TransactionAspects {

		@Bean(TRANSACTION_ASPECT)
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		RedisTransactionalAspect weirRedisTransactionalAspect(RedisTransactions transactions,
				TransactionPolicies policies, ObjectProvider<SurroundingTransaction> surrounding) {
			return new RedisTransactionalAspect(new TransactionalCalls(transactions, surrounding.getIfAvailable()),
					policies);
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static GuardAdvisor weirRedisTransactionalAdvisor(GuardedClasses classes,
				ObjectProvider<RedisTransactionalAspect> aspect, ObjectProvider<WeirProperties> properties) {
			return new GuardAdvisor(GuardAnnotation.REDIS_TRANSACTIONAL, classes, TRANSACTION_ASPECT, aspect::getObject,
					() -> properties.getObject().transaction().order());
		}

	}

	/**
	 * Registers the auto-proxy creator of Spring AOP, as
	 * {@code @EnableTransactionManagement} and {@code @EnableCaching} do, also with
	 * {@code spring.aop.auto=false}. An application that has AspectJ or other aspects
	 * keeps its auto-proxy creator.
	 */
	static final class AutoProxying implements ImportBeanDefinitionRegistrar {

		@Override
		public void registerBeanDefinitions(AnnotationMetadata importing, BeanDefinitionRegistry registry) {
			AopConfigUtils.registerAutoProxyCreatorIfNecessary(registry);
		}

		static boolean makesClassProxies(ConfigurableListableBeanFactory beanFactory) {
			return beanFactory.containsBean(AutoProxyUtils.DEFAULT_PROXY_CONFIG_BEAN_NAME)
					&& beanFactory.getBean(AutoProxyUtils.DEFAULT_PROXY_CONFIG_BEAN_NAME, ProxyConfig.class)
						.isProxyTargetClass();
		}

	}

}
