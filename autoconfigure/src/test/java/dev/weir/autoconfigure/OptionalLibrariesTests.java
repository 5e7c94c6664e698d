package dev.weir.autoconfigure;

import java.util.List;
import java.util.stream.Stream;

import dev.weir.actuate.WeirEndpoint;
import dev.weir.actuate.WeirHealthIndicator;
import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.Lease;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.observe.Events;
import dev.weir.observe.LeaseMetrics;
import dev.weir.observe.RateLimitMetrics;
import dev.weir.observe.RedisMetrics;
import dev.weir.observe.WaitObservations;
import dev.weir.outgoing.OutgoingRateLimits;
import dev.weir.outgoing.ReactiveOutgoingRateLimits;
import dev.weir.redis.Broadcast;
import dev.weir.redis.RedisLeaseDirectory;
import dev.weir.redis.RedisScripts;
import dev.weir.redis.redisson.RedissonSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.redisson.spring.starter.RedissonAutoConfigurationV4;

import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests all auto-configurations together, each time without one optional library. A class
 * loader cannot hide the libraries that contain conditions (the actuator, health):
 * {@code BareClassPathTests} tests without them.
 */
@Tag("long")
@Timeout(60)
class OptionalLibrariesTests {

	private static final String[] PROPERTIES = { "management.endpoints.web.exposure.include=weir",
			"spring.data.redis.url=redis://127.0.0.1:1", "weir.redis.timeout=100ms",
			"spring.data.redis.connect-timeout=100ms" };

	private final ApplicationContextRunner runner = new ApplicationContextRunner().withPropertyValues(PROPERTIES)
		.withConfiguration(AutoConfigurations.of(AllAutoConfigurations.with(AopAutoConfiguration.class,
				DataRedisAutoConfiguration.class, EndpointAutoConfiguration.class)))
		.withBean(Guarded.class);

	@Test
	void withAllLibrariesThereAreAllBeans() {
		this.runner.withUserConfiguration(Registries.class)
			.run((context) -> assertThat(context).hasSingleBean(LeaseManager.class)
				.hasSingleBean(LeaseMetrics.class)
				.hasSingleBean(RateLimitMetrics.class)
				.hasSingleBean(RedisMetrics.class)
				.hasSingleBean(WaitObservations.class)
				.hasSingleBean(Events.class)
				.hasSingleBean(WeirHealthIndicator.class)
				.hasSingleBean(WeirEndpoint.class)
				.hasSingleBean(Broadcast.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "io.micrometer", "reactor", "org.springframework.security", "org.redisson",
			"org.springframework.web", "org.springframework.web.reactive" })
	void withoutAnOptionalLibraryTheContextStartsAndGuards(String library) {
		this.runner.withClassLoader(new FilteredClassLoader(library))
			.withPropertyValues("weir.store=local")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(Guarded.class).key()).isEqualTo("weir:guarded");
			});
	}

	@Test
	void limitsForOutgoingCallsExistForTheClientsThatArePresent() {
		this.runner.withPropertyValues("weir.store=local")
			.run((context) -> assertThat(context).hasSingleBean(OutgoingRateLimits.class)
				.hasSingleBean(ReactiveOutgoingRateLimits.class));
		this.runner.withPropertyValues("weir.store=local")
			.withClassLoader(new FilteredClassLoader("org.springframework.web.reactive"))
			.run((context) -> assertThat(context).hasSingleBean(OutgoingRateLimits.class)
				.doesNotHaveBean("weirReactiveOutgoingRateLimits"));
		this.runner.withPropertyValues("weir.store=local")
			.withClassLoader(new FilteredClassLoader("org.springframework.web", "org.springframework.http"))
			.run((context) -> assertThat(context).doesNotHaveBean("weirOutgoingRateLimits")
				.doesNotHaveBean("weirReactiveOutgoingRateLimits"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "io.micrometer", "org.springframework.security" })
	void aWebApplicationOnRedisStartsWithoutAnOptionalLibrary(String library) {
		new WebApplicationContextRunner().withPropertyValues(PROPERTIES)
			.withConfiguration(AutoConfigurations.of(AllAutoConfigurations.with(AopAutoConfiguration.class,
					DataRedisAutoConfiguration.class, EndpointAutoConfiguration.class)))
			.withBean(Guarded.class)
			.withClassLoader(new FilteredClassLoader(library))
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(RedisScripts.class));
	}

	@Test
	void anEndpointThatIsNotExposedHasNoBean() {
		this.runner.withPropertyValues("management.endpoints.web.exposure.include=")
			.run((context) -> assertThat(context).doesNotHaveBean(WeirEndpoint.class).doesNotHaveBean(Broadcast.class));
		this.runner.withPropertyValues("management.endpoint.weir.access=NONE")
			.run((context) -> assertThat(context).doesNotHaveBean(WeirEndpoint.class).doesNotHaveBean(Broadcast.class));
	}

	@Test
	void onTheLocalStoreTheEndpointShowsThisJvm() {
		this.runner.withPropertyValues("weir.store=local")
			.run((context) -> assertThat(context).hasSingleBean(WeirEndpoint.class)
				.doesNotHaveBean(Broadcast.class)
				.doesNotHaveBean(RedisLeaseDirectory.class)
				.doesNotHaveBean(WeirHealthIndicator.class)
				.doesNotHaveBean(RedisMetrics.class));
	}

	@Test
	void withoutRegistriesThereAreNoMetersAndNoObservations() {
		this.runner.run((context) -> assertThat(context).hasNotFailed()
			.doesNotHaveBean(LeaseMetrics.class)
			.doesNotHaveBean(RateLimitMetrics.class)
			.doesNotHaveBean(RedisMetrics.class)
			.doesNotHaveBean(WaitObservations.class));
	}

	@Test
	void healthCanBeSwitchedOff() {
		this.runner.withPropertyValues("management.health.weir.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(WeirHealthIndicator.class));
		this.runner.withPropertyValues("management.health.defaults.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(WeirHealthIndicator.class));
	}

	@Test
	void usesThePrimaryOneOfTwoClients() {
		this.runner.withUserConfiguration(TwoClients.class)
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.isInstanceOf(NoUniqueBeanDefinitionException.class)
				.hasMessageContaining("first")
				.hasMessageContaining("second"));
		this.runner.withUserConfiguration(TwoClientsOnePrimary.class)
			.run((context) -> assertThat(context.getBean(RedissonSource.class).connect())
				.isSameAs(context.getBean("second")));
	}

	@Test
	void theApplicationCanChooseOneOfTwoClients() {
		this.runner.withUserConfiguration(TwoClients.class, Choice.class)
			.run((context) -> assertThat(context.getBean(RedissonSource.class).connect())
				.isSameAs(context.getBean("first")));
	}

	@Test
	void hasNoBeanNoThreadAndNoConnectionWhenSwitchedOff() {
		try (RedisServer redis = RedisServer.start()) {
			long before = connections(redis);
			List<String> threads = threads();
			this.runner.withUserConfiguration(Registries.class)
				.withPropertyValues("weir.enabled=false", "spring.data.redis.url=" + redis.uri())
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(context.getBean(Guarded.class).key()).isEqualTo("unguarded");
					assertThat(beansOfWeir(context)).isEmpty();
					assertThat(threads()).isSubsetOf(threads);
					assertThat(connections(redis)).isEqualTo(before);
				});
		}
	}

	@Test
	void worksTogetherWithTheStarterOfRedisson() {
		try (RedisServer redis = RedisServer.start()) {
			this.runner.withConfiguration(AutoConfigurations.of(RedissonAutoConfigurationV4.class))
				.withUserConfiguration(Registries.class)
				.withPropertyValues("spring.data.redis.url=" + redis.uri(), "weir.redis.timeout=20s",
						"spring.data.redis.connect-timeout=20s")
				.run((context) -> {
					assertThat(context).hasSingleBean(RedissonClient.class).hasSingleBean(WeirEndpoint.class);
					assertThat(context.getBean(Guarded.class).key()).isEqualTo("weir:guarded");
				});
		}
	}

	private static long connections(RedisServer redis) {
		return redis.text("CLIENT", "LIST").lines().count();
	}

	private static List<String> threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.map(Thread::getName)
			.filter((name) -> name.startsWith("weir") || name.startsWith("redisson"))
			.toList();
	}

	private static List<String> beansOfWeir(ApplicationContext context) {
		return Stream.of(context.getBeanDefinitionNames()).filter((name) -> {
			Class<?> type = context.getType(name);
			return type != null && type.getName().startsWith("dev.weir.")
					&& !type.getName().startsWith(OptionalLibrariesTests.class.getName());
		}).toList();
	}

	private static RedissonClient lazyClient() {
		Config config = new Config().setLazyInitialization(true);
		config.useSingleServer().setAddress("redis://127.0.0.1:1").setRetryAttempts(0).setConnectTimeout(100);
		return Redisson.create(config);
	}

	public static class Guarded {

		@DistributedLock("guarded")
		@RateLimited(name = "limited", limit = 100)
		public String key() {
			return Lease.current().map(Lease::key).orElse("unguarded");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Registries {

		@Bean
		MeterRegistry meterRegistry() {
			return new SimpleMeterRegistry();
		}

		@Bean
		ObservationRegistry observationRegistry() {
			return ObservationRegistry.create();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoClients {

		@Bean(destroyMethod = "shutdown")
		RedissonClient first() {
			return lazyClient();
		}

		@Bean(destroyMethod = "shutdown")
		RedissonClient second() {
			return lazyClient();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoClientsOnePrimary {

		@Bean(destroyMethod = "shutdown")
		RedissonClient first() {
			return lazyClient();
		}

		@Bean(destroyMethod = "shutdown")
		@Primary
		RedissonClient second() {
			return lazyClient();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Choice {

		@Bean
		RedissonSource redissonSource(@Qualifier("first") RedissonClient client) {
			return RedissonSource.of(client);
		}

	}

}
