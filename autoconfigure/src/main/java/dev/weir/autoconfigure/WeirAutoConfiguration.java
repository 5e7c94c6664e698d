package dev.weir.autoconfigure;

import java.util.Optional;

import dev.weir.lease.LeaseManager;
import dev.weir.lease.LeaseSettings;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LeaseTemplate;
import dev.weir.local.LocalLeaseStore;
import dev.weir.policy.LockDefaults;
import dev.weir.policy.LockPolicies;

import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * {@link AutoConfiguration Auto-configuration} for the lease engine and the policies.
 */
@AutoConfiguration(after = WeirRedisAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
@EnableConfigurationProperties(WeirProperties.class)
public final class WeirAutoConfiguration {

	@Bean
	EngineThreads weirEngineThreads() {
		return new EngineThreads();
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
			EngineThreads threads) {
		return new LeaseManager(store, settings(properties, environment), threads.executor());
	}

	@Bean
	@ConditionalOnBean(LeaseManager.class)
	@ConditionalOnMissingBean
	LeaseTemplate weirLeaseTemplate(LeaseManager leaseManager, WeirProperties properties, Environment environment,
			EngineThreads threads) {
		return new LeaseTemplate(leaseManager,
				new LeaseManager(new LocalLeaseStore(), settings(properties, environment), threads.executor()));
	}

	@Bean
	@ConditionalOnMissingBean
	LockPolicies weirLockPolicies(WeirProperties properties, ConfigurableBeanFactory beanFactory) {
		WeirProperties.Defaults defaults = properties.lock().defaults();
		LockDefaults effective = new LockDefaults(defaults.enabled(), defaults.timeout(), defaults.waitTime(),
				Optional.ofNullable(defaults.onUnavailable()).orElse(properties.onUnavailable()), defaults.onLost());
		return new LockPolicies(properties.keyPrefix(), effective, properties.lock().policies(),
				beanFactory::resolveEmbeddedValue, beanFactory);
	}

	private static LeaseSettings settings(WeirProperties properties, Environment environment) {
		return new LeaseSettings(properties.lease().ttl(),
				environment.getProperty("spring.application.name", "application"), instance(environment));
	}

	/**
	 * Names this instance for people: the host is the name of the pod on Kubernetes.
	 * @param environment the environment
	 * @return process id and host
	 */
	private static String instance(Environment environment) {
		String host = environment.getProperty("HOSTNAME", environment.getProperty("COMPUTERNAME", ""));
		return ProcessHandle.current().pid() + (host.isEmpty() ? "" : "@" + host);
	}

}
