package dev.weir.autoconfigure;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.annotation.RateLimited;
import dev.weir.annotation.Semaphore;
import dev.weir.lease.LeaseBusyException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests limits that change while the application runs and permits are held.
 */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class PolicyRefreshTests {

	private static final String LIMIT = "weir.semaphore.policies.batch.limit";

	private final ExecutorService threads = Executors.newCachedThreadPool();

	@Test
	void appliesANewLimitFromTheNextCallOnAndRejectsAnInvalidOne(CapturedOutput output) {
		Map<String, Object> properties = new HashMap<>();
		new ApplicationContextRunner().withPropertyValues("weir.store=local")
			.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
					WeirAopAutoConfiguration.class))
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("changing", properties)))
			.withBean(Guarded.class)
			.run((context) -> {
				Guarded guarded = context.getBean(Guarded.class);
				holders(guarded, 5);
				assertBusy(guarded);
				change(context.getSourceApplicationContext(), properties, "2");
				assertBusy(guarded);
				leave(guarded, 4);
				holders(guarded, 1);
				assertBusy(guarded);
				change(context.getSourceApplicationContext(), properties, "8");
				holders(guarded, 6);
				assertBusy(guarded);
				change(context.getSourceApplicationContext(), properties, "0");
				assertThat(output).contains("the previous values stay in force: 'limit' must be at least 1, not 0");
				assertBusy(guarded);
				leave(guarded, 8);
			});
		this.threads.shutdownNow();
	}

	@Test
	void rejectsAllChangedPropertiesIfOneIsInvalid(CapturedOutput output) {
		Map<String, Object> properties = new HashMap<>();
		new ApplicationContextRunner().withPropertyValues("weir.store=local")
			.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
					WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class))
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("changing", properties)))
			.withBean(Guarded.class)
			.withBean(Dear.class)
			.run((context) -> {
				Guarded guarded = context.getBean(Guarded.class);
				context.getBean(Dear.class).call();
				holders(guarded, 5);
				properties.put("weir.rate-limit.policies.dear.limit", "2");
				change(context.getSourceApplicationContext(), properties, "6");
				assertThat(output).contains("are rejected").contains("no call can ever pass");
				assertBusy(guarded);
				leave(guarded, 5);
			});
		this.threads.shutdownNow();
	}

	private void holders(Guarded guarded, int count) {
		int before = guarded.inside().get();
		for (int i = 0; i < count; i++) {
			// A caller that has left the method may not have released its permit yet.
			this.threads
				.execute(() -> await().forever().ignoreExceptionsInstanceOf(LeaseBusyException.class).until(() -> {
					guarded.hold();
					return true;
				}));
		}
		await().until(() -> guarded.inside().get() == before + count);
	}

	private static void leave(Guarded guarded, int count) {
		int before = guarded.inside().get();
		guarded.leave(count);
		await().until(() -> guarded.inside().get() == before - count);
	}

	private static void assertBusy(Guarded guarded) {
		assertThatExceptionOfType(LeaseBusyException.class).isThrownBy(guarded::hold);
	}

	private static void change(ConfigurableApplicationContext context, Map<String, Object> properties, String limit) {
		properties.put(LIMIT, limit);
		context.publishEvent(new EnvironmentChangeEvent(Set.of(LIMIT)));
	}

	static class Dear {

		@RateLimited(name = "dear", limit = 5, cost = 3)
		void call() {
		}

	}

	static class Guarded {

		private final AtomicInteger inside = new AtomicInteger();

		private final java.util.concurrent.Semaphore mayLeave = new java.util.concurrent.Semaphore(0);

		AtomicInteger inside() {
			return this.inside;
		}

		void leave(int count) {
			this.mayLeave.release(count);
		}

		@Semaphore(name = "batch", limit = 5, waitTime = "0")
		void hold() {
			this.inside.incrementAndGet();
			try {
				this.mayLeave.tryAcquire(50, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			this.inside.decrementAndGet();
		}

	}

}
