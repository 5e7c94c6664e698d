package dev.weir.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

import dev.weir.actuate.WeirHealthIndicator;
import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.LeaseException;
import dev.weir.redis.RedisScripts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

/**
 * Tests the log of an application whose Redis goes away, refuses calls and comes back.
 */
@Timeout(90)
@ExtendWith(OutputCaptureExtension.class)
class OutageLoggingTests {

	private static final int THREADS = 4;

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AllAutoConfigurations.with(AopAutoConfiguration.class)))
		.withBean(Guarded.class);

	@Test
	void logsAnOutageUnderLoadByOneWarningAndOneLine(CapturedOutput output) {
		try (RedisServer redis = RedisServer.start()) {
			this.runner.withPropertyValues("spring.data.redis.url=" + redis.uri()).run((context) -> {
				Guarded guarded = context.getBean(Guarded.class);
				call(guarded);
				await().until(() -> call(guarded));
				int before = output.length();
				underLoad(guarded, () -> {
					redis.kill();
					hold(Duration.ofSeconds(Integer.getInteger("outage.seconds", 4)));
					redis.restart();
					await().until(() -> output.toString().substring(before).contains("Redis answers again after"));
				});
				List<String> lines = lines(output.toString().substring(before));
				assertThat(lines).hasSize(2);
				assertThat(lines.get(0)).contains(" WARN ")
					.containsAnyOf("Redis is not reachable: ", "Redis did not answer in time. ")
					.contains("Redis: 127.0.0.1:" + redis.port() + " ('spring.data.redis.*')")
					.contains("fail for locks and semaphores, local for rate limits");
				assertThat(lines.get(1)).contains(" INFO ").contains("Redis answers again after ").contains("rejected");
			});
		}
	}

	@Test
	void logsAFrozenRedisByOneWarningAndOneLine(CapturedOutput output) {
		try (RedisServer redis = RedisServer.start()) {
			this.runner.withPropertyValues("spring.data.redis.url=" + redis.uri()).run((context) -> {
				Guarded guarded = context.getBean(Guarded.class);
				await().until(() -> call(guarded));
				int before = output.length();
				underLoad(guarded, () -> {
					redis.pause();
					hold(Duration.ofSeconds(3));
					redis.resume();
					await().until(() -> output.toString().substring(before).contains("Redis answers again after"));
				});
				List<String> lines = lines(output.toString().substring(before));
				assertThat(lines).hasSize(2);
				assertThat(lines.get(0)).contains(" WARN ").contains("Redis did not answer in time");
			});
		}
	}

	@Test
	void namesAWrongPasswordOnceAndInHealth(CapturedOutput output) {
		try (RedisServer redis = RedisServer.start("--requirepass", "right")) {
			String url = redis.uri().replace("redis://", "redis://:wrong@");
			this.runner.withPropertyValues("spring.data.redis.url=" + url).run((context) -> {
				Guarded guarded = context.getBean(Guarded.class);
				failForTwoSeconds(guarded);
				assertThat(lines(output.toString())).hasSize(1)
					.first()
					.asString()
					.contains(" WARN ")
					.contains("Redis refused a call: WRONGPASS invalid username-password pair")
					.contains("Redis: 127.0.0.1:" + redis.port())
					.doesNotContain("wrong@");
				assertThat(output.toString().lines().filter((line) -> line.contains("org.redisson")))
					.hasSizeLessThan(2);
				assertThat(health(context)).contains("WRONGPASS");
			});
		}
	}

	@Test
	void namesTheAddressWhenThereIsNoRedisAtTheStart(CapturedOutput output) {
		this.runner.withPropertyValues("spring.data.redis.port=1").run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			failForTwoSeconds(guarded);
			assertThat(lines(output.toString())).hasSize(1)
				.first()
				.asString()
				.contains("Redis is not reachable: Connection refused")
				.contains("Redis: localhost:1 ('spring.data.redis.*')");
			assertThat(output.toString().lines().filter((line) -> line.contains("org.redisson"))).hasSizeLessThan(2);
			assertThat(health(context)).contains("Connection refused");
		});
	}

	@Test
	void doesNotConnectToRedisIfTheApplicationDoesNotNeedIt(CapturedOutput output) {
		Set<Thread> before = threads();
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(AllAutoConfigurations.with(AopAutoConfiguration.class)))
			.withPropertyValues("spring.data.redis.port=1")
			.run((context) -> {
				Health health = context.getBean(WeirHealthIndicator.class).health();
				assertThat(health.getStatus()).isEqualTo(Status.UP);
				assertThat(health.getDetails()).containsExactly(entry("redis", "not needed yet"));
				assertThat(context.getBean(RedisScripts.class).isInUse()).isFalse();
				assertThat(lines(output.toString())).isEmpty();
				assertThat(threads()).isSubsetOf(before);
			});
	}

	@Test
	void logsNothingWhenAnApplicationStartsAndStopsWithAHealthyRedis(CapturedOutput output) {
		try (RedisServer redis = RedisServer.start()) {
			this.runner.withPropertyValues("spring.data.redis.url=" + redis.uri())
				.run((context) -> assertThat(call(context.getBean(Guarded.class))).isTrue());
			assertThat(lines(output.toString())).isEmpty();
			assertThat(output).doesNotContain(" WARN ");
		}
	}

	private static void failForTwoSeconds(Guarded guarded) {
		for (int i = 0; i < 20; i++) {
			assertThatExceptionOfType(LeaseException.class).isThrownBy(guarded::locked);
			hold(Duration.ofMillis(100));
		}
	}

	private static Set<Thread> threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("weir") || thread.getName().startsWith("redisson"))
			.collect(Collectors.toSet());
	}

	private static String health(ApplicationContext context) {
		return String.valueOf(context.getBean(WeirHealthIndicator.class).health().getDetails().get("troubles"));
	}

	private static void underLoad(Guarded guarded, Runnable outage) {
		AtomicBoolean done = new AtomicBoolean();
		List<Thread> threads = new ArrayList<>();
		for (int i = 0; i < THREADS; i++) {
			Thread thread = new Thread(() -> {
				while (!done.get()) {
					call(guarded);
				}
			});
			thread.start();
			threads.add(thread);
		}
		try {
			outage.run();
		}
		finally {
			done.set(true);
			threads.forEach((thread) -> await().until(() -> !thread.isAlive()));
		}
	}

	private static boolean call(Guarded guarded) {
		try {
			guarded.limited();
			return guarded.locked();
		}
		catch (LeaseException ex) {
			return false;
		}
	}

	/** Waits for the length of the outage, which is the subject of the test. */
	private static void hold(Duration duration) {
		long end = System.nanoTime() + duration.toNanos();
		await().pollInterval(Duration.ofMillis(20))
			.atMost(duration.plusSeconds(30))
			.until(() -> System.nanoTime() > end);
	}

	private static List<String> lines(String output) {
		return output.lines()
			.filter((line) -> line.contains("OutageLog") || line.contains(" WARN ") || line.contains(" ERROR "))
			.toList();
	}

	public static class Guarded {

		@DistributedLock(name = "outage", waitTime = "0s")
		public boolean locked() {
			return true;
		}

		@RateLimited(name = "outage", limit = 1_000_000_000)
		public boolean limited() {
			return true;
		}

	}

}
