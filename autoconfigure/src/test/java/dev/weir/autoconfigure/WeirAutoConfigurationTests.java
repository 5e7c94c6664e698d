package dev.weir.autoconfigure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Executor;

import dev.weir.annotation.DistributedLock;
import dev.weir.aop.DistributedLockAspect;
import dev.weir.aop.GuardedMethodCheck;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.lease.SemaphoreOperations;
import dev.weir.lease.SemaphoreSpec;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.local.LocalLeaseStore;
import dev.weir.policy.InvalidPolicyException;
import dev.weir.redis.RedisLeaseStore;
import dev.weir.redis.RedisScripts;
import dev.weir.redis.TestRedis;
import dev.weir.redis.redisson.RedissonConfigCustomizer;
import dev.weir.redis.redisson.RedissonSource;
import dev.weir.transaction.spring.SpringTransactions;
import dev.weir.web.servlet.LeaseProblemAdvice;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.redisson.spring.starter.RedissonAutoConfigurationV4;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for the auto-configurations.
 */
class WeirAutoConfigurationTests {

	private static final AutoConfigurations AUTO_CONFIGURATIONS = AutoConfigurations.of(AopAutoConfiguration.class,
			DataRedisAutoConfiguration.class, TaskExecutionAutoConfiguration.class, WeirAutoConfiguration.class,
			WeirRedisAutoConfiguration.class, WeirAopAutoConfiguration.class, WeirWebMvcAutoConfiguration.class);

	private static TestRedis redis;

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("weir.redis.timeout=20s", "spring.data.redis.connect-timeout=20s")
		.withConfiguration(AUTO_CONFIGURATIONS);

	@BeforeAll
	static void start() {
		redis = new TestRedis();
	}

	@AfterAll
	static void stop() {
		redis.close();
	}

	@Test
	void guardsAMethodOnRedis() {
		this.runner.withPropertyValues(redisUrl(), "weir.key-prefix=app:")
			.withUserConfiguration(GuardedConfiguration.class)
			.run((context) -> {
				assertThat(context).hasSingleBean(RedisLeaseStore.class).hasSingleBean(LeaseManager.class);
				assertThat(context.getBean(Guarded.class).keyOf("7")).isEqualTo("app:guarded:7");
				assertThat(redis.server().number("DBSIZE")).isZero();
			});
	}

	@Test
	void opensNoConnectionBeforeItIsNeededIfLazy() throws IOException {
		try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
			server.setSoTimeout(300);
			this.runner
				.withPropertyValues("spring.data.redis.url=redis://127.0.0.1:" + server.getLocalPort(),
						"weir.redis.connect=lazy")
				.withUserConfiguration(GuardedConfiguration.class)
				.run((context) -> {
					assertThat(context).hasSingleBean(RedissonSource.class);
					assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(server::accept);
				});
		}
	}

	@Test
	void startsWithoutRedis() {
		this.runner.withPropertyValues("spring.data.redis.url=redis://127.0.0.1:1")
			.withUserConfiguration(GuardedConfiguration.class)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void doesNotReplaceTheApplicationsConnectionFactory() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(RedisConnectionFactory.class)
			.hasSingleBean(LettuceConnectionFactory.class));
	}

	@Test
	void doesNotReplaceTheApplicationsExecutor() {
		this.runner.run((
				context) -> assertThat(context).hasBean("applicationTaskExecutor").getBeans(Executor.class).hasSize(1));
	}

	@Test
	void doesNotExposeItsClientAsABean() {
		this.runner.withPropertyValues(redisUrl()).withUserConfiguration(GuardedConfiguration.class).run((context) -> {
			assertThat(context).doesNotHaveBean(RedissonClient.class);
			RedissonClient client = context.getBean(RedissonSource.class).connect();
			context.close();
			assertThat(client.isShutdown()).isTrue();
		});
	}

	@Test
	void usesTheClientOfTheApplication() {
		this.runner.withUserConfiguration(OwnClientConfiguration.class, GuardedConfiguration.class).run((context) -> {
			assertThat(context).hasSingleBean(RedissonClient.class).hasSingleBean(RedissonSource.class);
			assertThat(context.getBean(RedissonSource.class).connect()).isSameAs(context.getBean(RedissonClient.class));
			assertThat(context.getBean(Guarded.class).keyOf("7")).isEqualTo("weir:guarded:7");
		});
	}

	@Test
	void usesTheClientOfTheStarterOfRedisson() {
		this.runner.withConfiguration(AutoConfigurations.of(RedissonAutoConfigurationV4.class))
			.withPropertyValues(redisUrl())
			.withUserConfiguration(GuardedConfiguration.class)
			.run((context) -> {
				assertThat(context).hasSingleBean(RedissonClient.class).hasSingleBean(RedissonSource.class);
				assertThat(context.getBean(RedissonSource.class).connect())
					.isSameAs(context.getBean(RedissonClient.class));
				assertThat(context.getBean(Guarded.class).keyOf("7")).isEqualTo("weir:guarded:7");
			});
	}

	@Test
	void customizersAreCalledLast() {
		this.runner.withPropertyValues("spring.data.redis.client-name=before")
			.withBean(RedissonConfigCustomizer.class,
					() -> (config) -> config.useSingleServer().setClientName("customized"))
			.withPropertyValues(redisUrl())
			.run((context) -> assertThat(
					context.getBean(RedissonSource.class).connect().getConfig().useSingleServer().getClientName())
				.isEqualTo("customized"));
	}

	@Test
	void usesTheStoreOfTheApplication() {
		this.runner.withBean(LeaseStore.class, LocalLeaseStore::new)
			.run((context) -> assertThat(context).hasSingleBean(LeaseStore.class)
				.doesNotHaveBean(RedisLeaseStore.class)
				.hasSingleBean(LeaseTemplate.class));
	}

	@Test
	void theLocalStoreNeedsNoRedis() {
		this.runner.withPropertyValues("weir.store=local")
			.withUserConfiguration(GuardedConfiguration.class)
			.run((context) -> {
				assertThat(context).hasSingleBean(LocalLeaseStore.class)
					.doesNotHaveBean(RedissonSource.class)
					.doesNotHaveBean(RedisScripts.class);
				assertThat(context.getBean(Guarded.class).keyOf("7")).isEqualTo("weir:guarded:7");
			});
	}

	@Test
	void hasNoBeansWhenSwitchedOff() {
		this.runner.withPropertyValues("weir.enabled=false")
			.withUserConfiguration(GuardedConfiguration.class)
			.run((context) -> {
				assertThat(context).hasNotFailed()
					.doesNotHaveBean(LeaseManager.class)
					.doesNotHaveBean(RedissonSource.class)
					.doesNotHaveBean(GuardedMethodCheck.class)
					.doesNotHaveBean(DistributedLockAspect.class)
					.doesNotHaveBean(WeirProperties.class);
				assertThat(context.getBeanDefinitionNames()).filteredOn((name) -> name.startsWith("weir"))
					.allMatch((name) -> name.startsWith("weirAutoConfigurationTests"));
				assertThat(context.getBean(Guarded.class).keyOf("7")).isEqualTo("unguarded");
			});
	}

	@Test
	void withoutAnyClientTheContextStarts() {
		this.runner.withClassLoader(new FilteredClassLoader("org.redisson", "io.lettuce"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(LeaseManager.class));
	}

	@Test
	void withoutSpringDataRedisTheContextStarts() {
		this.runner
			.withClassLoader(
					new FilteredClassLoader("org.springframework.boot.data.redis", "org.springframework.data.redis"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(RedissonSource.class));
	}

	@Test
	void readsThePropertiesOfRedisWithoutSpringDataRedis() {
		this.runner.withClassLoader(new FilteredClassLoader("org.springframework.data.redis"))
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(RedissonSource.class));
	}

	@Test
	void usesTheClientOfTheApplicationWithoutSpringDataRedis() {
		this.runner
			.withClassLoader(
					new FilteredClassLoader("org.springframework.boot.data.redis", "org.springframework.data.redis"))
			.withUserConfiguration(OwnClientConfiguration.class)
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(RedisLeaseStore.class));
	}

	@Test
	void withoutAspectjTheContextStarts() {
		this.runner.withClassLoader(new FilteredClassLoader("org.aspectj"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(LeaseTemplate.class)
				.hasSingleBean(DistributedLockAspect.class));
	}

	@Test
	void withoutSpringAopTheContextStarts() {
		this.runner.withClassLoader(new FilteredClassLoader("org.springframework.aop", "org.aspectj"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(LeaseTemplate.class)
				.doesNotHaveBean(GuardedMethodCheck.class));
	}

	@Test
	void withoutSpringTransactionsTheContextStarts() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(SpringTransactions.class));
		this.runner.withClassLoader(new FilteredClassLoader("org.springframework.transaction"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(LeaseTemplate.class)
				.doesNotHaveBean(EnclosingWork.class));
	}

	@Test
	void lockOperationsAndSemaphoreOperationsAreBeans() {
		this.runner.withPropertyValues(redisUrl()).run((context) -> {
			assertThat(context.getBean(LockOperations.class)
				.<String>call(LockSpec.of("code", "7"), () -> Lease.current().orElseThrow().key()))
				.isEqualTo("weir:code:7");
			try (Lease lease = context.getBean(SemaphoreOperations.class).acquire(SemaphoreSpec.of("permits", 2))) {
				assertThat(redis.server().number("ZCARD", lease.key())).isEqualTo(1);
			}
			assertThat(redis.server().number("DBSIZE")).isZero();
		});
	}

	@Test
	void withoutAWebApplicationThereIsNoAdvice() {
		this.runner.run((context) -> assertThat(context).doesNotHaveBean(LeaseProblemAdvice.class));
		this.runner.withClassLoader(new FilteredClassLoader("org.springframework.web", "jakarta.servlet"))
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(LeaseTemplate.class));
	}

	@Test
	void aWebApplicationHasProblemDetailsUnlessTheyAreSwitchedOff() {
		WebApplicationContextRunner web = new WebApplicationContextRunner().withConfiguration(AUTO_CONFIGURATIONS);
		web.run((context) -> assertThat(context).hasSingleBean(LeaseProblemAdvice.class));
		web.withPropertyValues("weir.web.problem-details=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(LeaseProblemAdvice.class));
	}

	@Test
	void aTimeoutOfAPolicyHasNoUpperBound() {
		this.runner
			.withPropertyValues("weir.lock.policies.guarded.timeout=" + ChronoUnit.FOREVER.getDuration(),
					"weir.lock.policies.guarded.wait-time=" + ChronoUnit.FOREVER.getDuration())
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void rejectsInvalidProperties() {
		this.runner.withPropertyValues("weir.lease.ttl=10ms")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("'ttl' must be at least 100ms"));
		this.runner.withPropertyValues("weir.redis.timeout=0")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("'timeout' must be at least 1ms"));
		this.runner.withPropertyValues("weir.lease.ttl=400d")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("'ttl' must be at most 365d"));
		this.runner.withPropertyValues("weir.transaction.timeout=" + ChronoUnit.FOREVER.getDuration())
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("'timeout' must be at most 365d"));
		this.runner.withPropertyValues("weir.lock.busy-status=200")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("'busy-status' must be between 400 and 599"));
		this.runner.withPropertyValues("weir.lock.policies.guarded.timeout=-1s")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("'timeout' must be at least 1ms"));
	}

	@Test
	void theFailureAnalysisNamesClassMethodAttributeValueAndCure() {
		this.runner.withPropertyValues("weir.store=local").withBean(Mistaken.class).run((context) -> {
			assertThat(context).hasFailed();
			FailureAnalysis analysis = new InvalidPolicyFailureAnalyzer().analyze(context.getStartupFailure(),
					(InvalidPolicyException) context.getStartupFailure());
			assertThat(analysis.getDescription()).contains(Mistaken.class.getName() + ".lock")
				.contains("timeout = \"-1s\"")
				.contains("must be held for at least 1ms");
			assertThat(analysis.getAction()).contains("Use a positive duration such as \"60s\"");
		});
	}

	@Test
	void theFailureAnalyzerIsRegistered() {
		assertThat(SpringFactoriesLoader.forDefaultResourceLocation()
			.load(FailureAnalyzer.class, SpringFactoriesLoader.FailureHandler.handleMessage((message, failure) -> {
			}))).hasAtLeastOneElementOfType(InvalidPolicyFailureAnalyzer.class);
	}

	private static String redisUrl() {
		return "spring.data.redis.url=" + redis.server().uri();
	}

	@Configuration(proxyBeanMethods = false)
	static class GuardedConfiguration {

		@Bean
		Guarded guarded() {
			return new Guarded();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnClientConfiguration {

		@Bean(destroyMethod = "shutdown")
		RedissonClient ownClient() {
			Config config = new Config();
			config.useSingleServer().setAddress(redis.server().uri()).setConnectionMinimumIdleSize(1);
			return Redisson.create(config);
		}

	}

	static class Guarded {

		@DistributedLock(name = "guarded", key = "#id")
		String keyOf(String id) {
			return Lease.current().map(Lease::key).orElse("unguarded");
		}

	}

	static class Mistaken {

		@DistributedLock(timeout = "-1s")
		void lock() {
		}

	}

}
