package dev.weir.autoconfigure;

import java.util.List;
import java.util.function.Supplier;

import dev.weir.cache.SingleFlightCaches;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.LeadershipListener;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LockOperations;
import dev.weir.lease.SemaphoreOperations;
import dev.weir.lease.engine.Campaigns;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.local.LocalLeaseStore;
import dev.weir.policy.GuardedMethods;
import dev.weir.policy.LeaderPolicies;
import dev.weir.policy.LeaseNames;
import dev.weir.policy.LeasePolicies;
import dev.weir.policy.PolicyLeaseOperations;
import dev.weir.policy.WaitRooms;
import dev.weir.transaction.SurroundingTransaction;
import dev.weir.transaction.spring.SpringCommits;
import dev.weir.transaction.spring.SpringTransactions;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.SearchStrategy;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.function.SingletonSupplier;

/**
 * {@link AutoConfiguration Auto-configuration} for the lease engine and the policies.
 */
@AutoConfiguration(after = WeirRedisAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
@EnableConfigurationProperties(WeirProperties.class)
@ImportRuntimeHints(WeirRuntimeHints.class)
public final class WeirAutoConfiguration {

	static final String LOCK_POLICIES = "weirLockPolicies";

	static final String SEMAPHORE_POLICIES = "weirSemaphorePolicies";

	@Bean
	static BeanFactoryPostProcessor weirPropertyNames(Environment environment) {
		// Runs before properties are bound, so that a misspelt name is reported even if
		// other properties are wrong.
		return (beanFactory) -> PropertyNames.check(environment);
	}

	@Bean
	Shutdown weirShutdown() {
		return new Shutdown();
	}

	@Bean(destroyMethod = "")
	EngineThreads weirEngineThreads(Shutdown shutdown) {
		return shutdown.closes(new EngineThreads());
	}

	@Bean
	@ConditionalOnProperty(name = "weir.store", havingValue = "local")
	@ConditionalOnMissingBean(LeaseStore.class)
	LocalLeaseStore weirLocalLeaseStore() {
		return new LocalLeaseStore();
	}

	@Bean
	@ConditionalOnBean(LeaseStore.class)
	@ConditionalOnMissingBean
	LeaseManager weirLeaseManager(LeaseStore store, WeirProperties properties, Environment environment,
			EngineThreads threads, Shutdown shutdown, ObjectProvider<LeaseListener> listeners) {
		LeaseManager manager = new LeaseManager(store, settings(properties, environment), threads.executor(),
				listeners.orderedStream().toList());
		shutdown.awaits(manager.ended());
		return manager;
	}

	@Bean
	@ConditionalOnBean(value = LeaseManager.class, type = "org.redisson.api.RedissonClient")
	LeaseDrain weirLeaseDrain(ApplicationContext context, LeaseManager leaseManager) {
		return new LeaseDrain(context, leaseManager);
	}

	@Bean
	@ConditionalOnBean(LeaseManager.class)
	@ConditionalOnMissingBean
	LeaseTemplate weirLeaseTemplate(LeaseManager leaseManager, ObjectProvider<EnclosingWork> enclosing) {
		return new LeaseTemplate(leaseManager, enclosing.getIfAvailable(() -> EnclosingWork.NONE));
	}

	@Bean
	LeaseNames weirLeaseNames() {
		return new LeaseNames();
	}

	@Bean(LOCK_POLICIES)
	LeasePolicies weirLockPolicies(WeirProperties properties, LeaseNames names, ObjectProvider<WaitRooms> rooms,
			ConfigurableBeanFactory beanFactory) {
		return new LeasePolicies(LeaseKind.LOCK, properties.keyPrefix(),
				properties.lock().defaults().orElse(properties.onUnavailable()), properties.lock().policies(), names,
				rooms.getIfAvailable(WaitRooms::new), beanFactory::resolveEmbeddedValue, beanFactory);
	}

	@Bean(SEMAPHORE_POLICIES)
	LeasePolicies weirSemaphorePolicies(WeirProperties properties, LeaseNames names, ObjectProvider<WaitRooms> rooms,
			ConfigurableBeanFactory beanFactory) {
		return new LeasePolicies(LeaseKind.SEMAPHORE, properties.keyPrefix(),
				properties.semaphore().defaults().orElse(properties.onUnavailable()), properties.semaphore().policies(),
				names, rooms.getIfAvailable(WaitRooms::new), beanFactory::resolveEmbeddedValue, beanFactory);
	}

	@Bean
	LeaderPolicies weirLeaderPolicies(WeirProperties properties, LeaseNames names,
			ConfigurableBeanFactory beanFactory) {
		return new LeaderPolicies(properties.keyPrefix(), properties.leader().roles(), names,
				beanFactory::resolveEmbeddedValue);
	}

	@Bean
	@ConditionalOnBean(LeaseTemplate.class)
	Campaigns weirLeaders(LeaseTemplate leases, LeaderPolicies policies, ObjectProvider<LeadershipListener> listeners) {
		return new Campaigns(leases, policies::request, policies::isEnabled, listeners.orderedStream().toList());
	}

	@Bean
	@ConditionalOnBean(Campaigns.class)
	LeaderLifecycle weirLeaderLifecycle(Campaigns leaders, LeaderPolicies policies,
			ObjectProvider<GuardedMethods> methods) {
		return new LeaderLifecycle(leaders, policies, methods);
	}

	@Bean
	@ConditionalOnBean(LeaseTemplate.class)
	@ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
	LockOperations weirLockOperations(LeaseTemplate leases, @Qualifier(LOCK_POLICIES) LeasePolicies policies) {
		return PolicyLeaseOperations.locks(leases, policies);
	}

	@Bean
	@ConditionalOnBean(LeaseTemplate.class)
	@ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
	SemaphoreOperations weirSemaphoreOperations(LeaseTemplate leases,
			@Qualifier(SEMAPHORE_POLICIES) LeasePolicies policies) {
		return PolicyLeaseOperations.semaphores(leases, policies);
	}

	@Bean
	static SingleFlightCaches weirSingleFlightCaches(Environment environment, ObjectProvider<LeaseTemplate> leases,
			@Qualifier(LOCK_POLICIES) ObjectProvider<LeasePolicies> policies) {
		Supplier<@Nullable LockOperations> locks = () -> {
			LeaseTemplate found = leases.getIfAvailable();
			// All callers see a cache entry before the transaction commits, so the lock
			// need not last until the commit.
			return (found != null)
					? PolicyLeaseOperations.locksOfCaches(found.withoutEnclosingWork(), policies.getObject()) : null;
		};
		// The properties are not a bean yet when post-processors are created.
		return new SingleFlightCaches(Binder.get(environment)
			.bind("weir.cache.single-flight", Bindable.listOf(String.class))
			.orElse(List.of()), SingletonSupplier.ofNullable(locks));
	}

	@Bean
	PropertiesInForce weirPropertiesInForce(WeirProperties properties, Environment environment,
			ObjectProvider<PropertiesListener> listeners) {
		return new PropertiesInForce(properties, environment, listeners);
	}

	@Bean
	PolicyRefresh weirPolicyRefresh(ObjectProvider<PropertiesInForce> properties) {
		return new PolicyRefresh(properties);
	}

	@Bean
	PropertiesListener weirLeasePropertiesListener(@Qualifier(LOCK_POLICIES) ObjectProvider<LeasePolicies> locks,
			@Qualifier(SEMAPHORE_POLICIES) ObjectProvider<LeasePolicies> semaphores) {
		return (properties) -> {
			Runnable ofLocks = locks.getObject().prepare(properties.lock().policies());
			Runnable ofSemaphores = semaphores.getObject().prepare(properties.semaphore().policies());
			return () -> {
				ofLocks.run();
				ofSemaphores.run();
			};
		};
	}

	private static LeaseSettings settings(WeirProperties properties, Environment environment) {
		return new LeaseSettings(properties.lease().ttl(),
				environment.getProperty("spring.application.name", "application"), instance(environment));
	}

	/**
	 * Returns a readable name of this instance. On Kubernetes, the host is the name of
	 * the pod.
	 * @param environment the environment
	 * @return process id and host
	 */
	private static String instance(Environment environment) {
		String host = environment.getProperty("HOSTNAME", environment.getProperty("COMPUTERNAME", ""));
		return ProcessHandle.current().pid() + (host.isEmpty() ? "" : "@" + host);
	}

	/**
	 * Transactions around guarded calls.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(TransactionSynchronizationManager.class)
	static class TransactionConfiguration {

		@Bean
		@ConditionalOnMissingBean(EnclosingWork.class)
		SpringTransactions weirSpringTransactions() {
			return new SpringTransactions();
		}

		@Bean
		@ConditionalOnMissingBean(SurroundingTransaction.class)
		SpringCommits weirSpringCommits() {
			return new SpringCommits();
		}

	}

}
