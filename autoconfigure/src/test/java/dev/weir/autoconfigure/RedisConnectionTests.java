package dev.weir.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import dev.weir.annotation.RateLimited;
import dev.weir.core.StoreProbe;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for when an application connects to Redis.
 */
class RedisConnectionTests {

	private static TestRedis redis;

	@BeforeAll
	static void start() {
		redis = new TestRedis();
	}

	@AfterAll
	static void stop() {
		redis.close();
	}

	@BeforeEach
	void flush() {
		redis.server().command("FLUSHALL");
		redis.resetCommandCounts();
	}

	@Test
	void connectsAtStartUpInTheBackground() {
		runner().withBean(Limited.class).run((context) -> {
			assertThat(context.getBean(StoreProbe.class).isInUse()).isTrue();
			await().until(() -> redis.scriptCalls() > 0);
		});
	}

	@Test
	void connectsWithTheFirstCallIfLazy() {
		runner().withBean(Limited.class).withPropertyValues("weir.redis.connect=lazy").run((context) -> {
			assertThat(context.getBean(StoreProbe.class).isInUse()).isFalse();
			context.getBean(Limited.class).call();
			assertThat(context.getBean(StoreProbe.class).isInUse()).isTrue();
		});
	}

	@Test
	void doesNotConnectWithoutGuardedMethods() {
		runner().run((context) -> assertThat(context.getBean(StoreProbe.class).isInUse()).isFalse());
	}

	@Test
	void anAbsentRedisNeitherDelaysNorFailsTheStart() {
		long begin = System.nanoTime();
		runner().withBean(Limited.class)
			.withPropertyValues("spring.data.redis.port=1", "spring.data.redis.connect-timeout=20s")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
			});
	}

	@Test
	void aBurstRightAfterTheStartIsDecidedByTheSharedBucket() {
		for (int start = 0; start < 5; start++) {
			redis.server().command("FLUSHALL");
			runner().withBean(Limited.class)
				.run((one) -> runner().withBean(Limited.class)
					.run((two) -> assertThat(admitted(List.of(one, two))).isEqualTo(20)));
		}
	}

	private static int admitted(List<? extends ConfigurableApplicationContext> instances) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(32);
		CountDownLatch start = new CountDownLatch(1);
		try {
			List<Future<Boolean>> calls = new ArrayList<>();
			for (int i = 0; i < 64; i++) {
				Limited limited = instances.get(i % instances.size()).getBean(Limited.class);
				calls.add(threads.submit(() -> {
					start.await();
					try {
						limited.call();
						return true;
					}
					catch (RateLimitExceededException ex) {
						return false;
					}
				}));
			}
			start.countDown();
			int admitted = 0;
			for (Future<Boolean> call : calls) {
				admitted += call.get() ? 1 : 0;
			}
			return admitted;
		}
		finally {
			threads.shutdownNow();
		}
	}

	private static ApplicationContextRunner runner() {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(AllAutoConfigurations.with(DataRedisAutoConfiguration.class)))
			.withPropertyValues("spring.data.redis.port=" + redis.server().port());
	}

	static class Limited {

		@RateLimited(name = "burst", limit = 20, window = "1h")
		void call() {
		}

	}

}
