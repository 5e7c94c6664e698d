package dev.weir.autoconfigure;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import dev.weir.annotation.DistributedLock;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.redis.RedisAddress;
import dev.weir.redis.TestRedis;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskSchedulingAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * An application ends while guarded work runs. The lease must hold until the work has
 * ended, however Spring orders the beans, and nothing may remain after that.
 */
@Tag("long")
@Timeout(120)
class ShutdownTests {

	/** A machine may stall for two thirds of this time. */
	private static final Duration TTL = Duration.ofSeconds(3);

	private static final LeaseKey KEY = new LeaseKey(LeaseKind.LOCK, "weir:work");

	private static volatile CountDownLatch begun = new CountDownLatch(1);

	private static volatile CountDownLatch mayEnd = new CountDownLatch(1);

	private static volatile @Nullable Boolean validAtItsEnd;

	private static RedisServer redis;

	@BeforeAll
	static void start() {
		redis = RedisServer.start();
	}

	@AfterAll
	static void stop() {
		redis.close();
	}

	@BeforeEach
	void reset() {
		begun = new CountDownLatch(1);
		mayEnd = new CountDownLatch(1);
		validAtItsEnd = null;
	}

	static void work() {
		begun.countDown();
		try {
			mayEnd.await();
		}
		catch (InterruptedException ex) {
			// The end of an executor may interrupt the work, which goes on.
			work();
			return;
		}
		validAtItsEnd = Lease.current().orElseThrow().isValid();
	}

	@ParameterizedTest
	@ValueSource(classes = { BootExecutor.class, BootScheduler.class, OwnPool.class, EarlyPool.class, PlainThread.class,
			OwnClient.class })
	void guardedWorkKeepsItsLeaseUntilItHasEnded(Class<?> application) throws Exception {
		// Threads of other tests in this JVM.
		Set<Thread> before = threads();
		ConfigurableApplicationContext context = new SpringApplicationBuilder(Base.class, application)
			.web(WebApplicationType.NONE)
			.properties("test.redis=" + redis.uri(), "spring.data.redis.url=" + redis.uri(), "weir.lease.ttl=3s",
					"spring.main.banner-mode=off", "spring.main.register-shutdown-hook=false",
					"spring.lifecycle.timeout-per-shutdown-phase="
							+ ((application == OwnClient.class) ? "60s" : "100ms"),
					"spring.task.execution.shutdown.await-termination=true",
					"spring.task.execution.shutdown.await-termination-period=60s",
					"spring.task.scheduling.shutdown.await-termination=true",
					"spring.task.scheduling.shutdown.await-termination-period=60s")
			.run();
		if (context.getBeanNamesForType(Starter.class).length > 0) {
			context.getBean(Starter.class).start();
		}
		assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
		try (TestRedis.Instance other = TestRedis.connect(RedisAddress.of(redis.uri()), TestRedis.PATIENCE);
				LeaseManager manager = new LeaseManager(other.store(), new LeaseSettings(TTL, "test", "other"),
						other.executor())) {
			CompletableFuture<Lease> next = manager
				.acquireAsync(new LeaseRequest("work", KEY, 1, null, Duration.ofSeconds(60), false, "test"))
				.toCompletableFuture();
			CompletableFuture<Void> closed = CompletableFuture.runAsync(context::close);
			// Longer than a lease lives without renewal.
			await().during(TTL.plusMillis(500)).atMost(Duration.ofSeconds(20)).until(() -> !next.isDone());
			long end = System.nanoTime();
			mayEnd.countDown();
			Lease lease = next.get(20, TimeUnit.SECONDS);
			assertThat(Duration.ofNanos(System.nanoTime() - end)).isLessThan(Duration.ofSeconds(1));
			assertThat(validAtItsEnd).isTrue();
			lease.close();
			closed.get(20, TimeUnit.SECONDS);
		}
		await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> {
			assertThat(threads()).isSubsetOf(before);
			// The connection of this question is the only one.
			assertThat(redis.text("INFO", "clients")).contains("connected_clients:1\r\n");
		});
	}

	private static Set<Thread> threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("weir-") || thread.getName().startsWith("redisson-"))
			.collect(Collectors.toSet());
	}

	interface Starter {

		void start();

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ AopAutoConfiguration.class, LifecycleAutoConfiguration.class,
			TaskExecutionAutoConfiguration.class, TaskSchedulingAutoConfiguration.class, WeirAutoConfiguration.class,
			WeirRedisAutoConfiguration.class, WeirAopAutoConfiguration.class })
	static class Base {

	}

	public static class Guarded {

		@DistributedLock("work")
		public void run() {
			work();
		}

	}

	@EnableAsync(proxyTargetClass = true)
	@Configuration(proxyBeanMethods = false)
	static class BootExecutor {

		@Bean
		AsyncWork asyncWork() {
			return new AsyncWork();
		}

	}

	public static class AsyncWork implements Starter {

		@Async
		@Override
		@DistributedLock("work")
		public void start() {
			work();
		}

	}

	@EnableScheduling
	@Configuration(proxyBeanMethods = false)
	static class BootScheduler {

		@Bean
		ScheduledWork scheduledWork() {
			return new ScheduledWork();
		}

	}

	public static class ScheduledWork {

		@Scheduled(fixedDelay = 600_000)
		@DistributedLock("work")
		public void run() {
			work();
		}

	}

	/**
	 * A pool that waits for its tasks when it is destroyed.
	 */
	static class Pool implements AutoCloseable {

		private final ExecutorService threads = Executors.newCachedThreadPool();

		@Override
		public void close() throws InterruptedException {
			this.threads.shutdown();
			this.threads.awaitTermination(60, TimeUnit.SECONDS);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class WorkInPool {

		@Bean
		Guarded guarded() {
			return new Guarded();
		}

		@Bean
		Starter starter(Pool pool, Guarded guarded) {
			return () -> pool.threads.execute(guarded::run);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnPool extends WorkInPool {

		@Bean
		@DependsOn("weirLeaseManager")
		Pool pool() {
			return new Pool();
		}

	}

	/**
	 * Everything of Weir depends on the pool, so Spring destroys the pool last.
	 */
	@Configuration(proxyBeanMethods = false)
	static class EarlyPool extends WorkInPool {

		@Bean
		static Pool pool() {
			return new Pool();
		}

		@Bean
		static org.springframework.beans.factory.config.BeanFactoryPostProcessor poolFirst() {
			return (factory) -> factory.getBean("pool");
		}

	}

	/**
	 * Nothing waits for the work.
	 */
	@Configuration(proxyBeanMethods = false)
	static class PlainThread {

		@Bean
		Guarded guarded() {
			return new Guarded();
		}

		@Bean
		Starter starter(Guarded guarded) {
			return () -> new Thread(guarded::run, "plain").start();
		}

	}

	/**
	 * Spring destroys the client of the application, and nothing else waits for the work.
	 */
	@Configuration(proxyBeanMethods = false)
	static class OwnClient extends PlainThread {

		@Bean(destroyMethod = "shutdown")
		RedissonClient redisson(@Value("${test.redis}") String uri) {
			Config config = new Config();
			config.useSingleServer().setAddress(uri).setConnectionMinimumIdleSize(2);
			return Redisson.create(config);
		}

	}

}
