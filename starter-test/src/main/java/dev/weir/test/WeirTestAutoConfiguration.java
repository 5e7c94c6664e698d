package dev.weir.test;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirProperties;
import dev.weir.autoconfigure.WeirRateLimitAutoConfiguration;
import dev.weir.lease.Leaders;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.observe.Events;
import dev.weir.policy.LeaderPolicies;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * {@link AutoConfiguration Auto-configuration} for tests. Its stores replace those of the
 * application.
 */
@AutoConfiguration(before = { WeirAutoConfiguration.class, WeirRateLimitAutoConfiguration.class })
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
@EnableConfigurationProperties(WeirProperties.class)
public final class WeirTestAutoConfiguration {

	private final FailingSwitch redis = new FailingSwitch();

	private final TestClock clock = new TestClock();

	@Bean
	TestLeaseStore weirTestLeaseStore(WeirProperties properties) {
		return new TestLeaseStore(this.redis, this.clock::nanosOfLeases,
				properties.keyPrefix() + LeaderPolicies.nameOf(""));
	}

	@Bean
	SkippedCalls weirTestSkippedCalls() {
		return new SkippedCalls();
	}

	@Bean
	TestBucketStore weirTestBucketStore() {
		return new TestBucketStore(this.redis, this.clock::microsOfBuckets);
	}

	@Bean
	Callbacks weirTestCallbacks() {
		return new Callbacks(Executors.newCachedThreadPool((task) -> {
			Thread thread = new Thread(task, "weir-test");
			thread.setDaemon(true);
			return thread;
		}));
	}

	@Bean
	LeaseManager weirTestLeaseManager(TestLeaseStore store, WeirProperties properties, Callbacks callbacks,
			ObjectProvider<LeaseListener> listeners) {
		return new LeaseManager(store, new LeaseSettings(properties.lease().ttl(), "test", "test"),
				callbacks.executor(), listeners.orderedStream().toList(), this.clock::nanosOfLeases);
	}

	@Bean
	TestWeir testWeir(WeirProperties properties, TestLeaseStore leases, TestBucketStore buckets,
			ObjectProvider<LeaseManager> manager, ObjectProvider<Events> events, ObjectProvider<Leaders> leaders,
			SkippedCalls skipped) {
		return new TestWeir(properties.keyPrefix(), this.redis, this.clock, leases, buckets, manager, events, leaders,
				skipped);
	}

	/**
	 * Runs callbacks. This is not a bean of type {@code Executor}, because Spring Boot
	 * would then not create the executor of the application.
	 *
	 * @param executor the threads
	 */
	record Callbacks(ExecutorService executor) implements AutoCloseable {

		@Override
		public void close() {
			this.executor.shutdownNow();
		}

	}

}
