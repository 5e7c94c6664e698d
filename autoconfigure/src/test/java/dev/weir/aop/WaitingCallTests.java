package dev.weir.aop;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.annotation.RateLimited;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirRateLimitAutoConfiguration;
import dev.weir.autoconfigure.WeirWebMvcAutoConfiguration;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitInterruptedException;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for methods and code that wait for tokens.
 */
@Timeout(60)
class WaitingCallTests {

	private final ApplicationContextRunner bare = new ApplicationContextRunner().withPropertyValues("weir.store=local")
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
				WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class,
				WeirWebMvcAutoConfiguration.class));

	private final ApplicationContextRunner runner = this.bare.withBean(Service.class);

	@Test
	void aMethodWaitsForItsToken() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			long begin = System.nanoTime();
			service.fast();
			service.fast();
			service.mono().block();
			assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(190));
			assertThat(service.runs()).hasValue(3);
		});
	}

	@Test
	void aMethodThatWouldWaitLongerIsDeniedAtOnce() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			service.slow();
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(service::slow);
			assertThat(service.runs()).hasValue(1);
		});
	}

	@Test
	void eachLimitWaitsOnlyForItsOwnTime() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			service.both();
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(service::both)
				.returns("strict", RateLimitExceededException::getPolicy);
		});
	}

	@Test
	void anInterruptGivesTheTokensBackAndTheMethodDoesNotRun() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			service.patient();
			Thread.currentThread().interrupt();
			assertThatExceptionOfType(RateLimitInterruptedException.class).isThrownBy(service::patient);
			assertThat(Thread.interrupted()).isTrue();
			assertThat(service.runs()).hasValue(1);
			assertThatNothingIsOwed(context.getBean(RateLimitOperations.class));
		});
	}

	@Test
	void aCancelledSubscriptionGivesTheTokensBack() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			service.patient();
			Disposable subscription = service.patientMono().subscribe();
			subscription.dispose();
			assertThat(service.runs()).hasValue(1);
			assertThatNothingIsOwed(context.getBean(RateLimitOperations.class));
		});
	}

	@Test
	void codeWaitsBlockingAsynchronouslyAndReactively() {
		this.bare.run((context) -> {
			RateLimitOperations limits = context.getBean(RateLimitOperations.class);
			RateLimitSpec spec = RateLimitSpec.of("code").limit(new RateLimit(10, Duration.ofSeconds(1), 1));
			long begin = System.nanoTime();
			limits.acquire(spec, Duration.ofSeconds(5));
			limits.acquire(spec, Duration.ofSeconds(5));
			limits.acquireAsync(spec, Duration.ofSeconds(5)).join();
			Mono.fromFuture(() -> limits.acquireAsync(spec, Duration.ofSeconds(5))).block();
			assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(290));
			RateLimitSpec slow = RateLimitSpec.of("patient").limit(new RateLimit(1, Duration.ofHours(1), 1));
			limits.acquire(slow, Duration.ZERO);
			assertThatExceptionOfType(RateLimitExceededException.class)
				.isThrownBy(() -> limits.acquire(slow, Duration.ofMinutes(59)));
			CompletableFuture<?> waiting = limits.acquireAsync(slow, Duration.ofHours(2));
			waiting.cancel(false);
			assertThatNothingIsOwed(limits);
			assertThatIllegalArgumentException().isThrownBy(() -> limits.acquire(slow, Duration.ofDays(2)));
		});
	}

	@Test
	void reportsMistakesAtStart() {
		assertMistake(Quota.class, "waitTime = \"5s\": no call waits for the next day");
		assertMistake(Shadow.class, "waitTime = \"5s\": a limit in shadow mode lets no call wait");
		assertMistake(TooLong.class, "waitTime = \"2d\": a call can wait from 0 to 1 days");
		assertMistake(OnlyInterrupts.class, "fallback = \"instead\": no call of it can happen");
	}

	@Test
	void thePropertyOverridesTheWaitTime() {
		this.bare.withBean(Service.class)
			.withPropertyValues("weir.rate-limit.policies.patient.wait-time=1m",
					"weir.rate-limit.policies.strict.wait-time=5s")
			.run((context) -> {
				Service service = context.getBean(Service.class);
				service.patient();
				assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(service::patient);
				long begin = System.nanoTime();
				service.both();
				service.both();
				assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(900));
			});
		this.bare.withBean(Quota.class)
			.withPropertyValues("weir.rate-limit.policies.quota.wait-time=2d")
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("'wait-time' must be between 0 and 1 day, not PT48H"));
	}

	private static void assertThatNothingIsOwed(RateLimitOperations limits) {
		RateLimitSpec spec = RateLimitSpec.of("patient").limit(new RateLimit(1, Duration.ofHours(1), 1));
		await()
			.untilAsserted(() -> assertThat(limits.peek(spec).retryAfter()).isLessThanOrEqualTo(Duration.ofHours(1)));
	}

	private void assertMistake(Class<?> bean, String message) {
		this.bare.withBean(bean).run((context) -> assertThat(context).getFailure().hasMessageContaining(message));
	}

	static class OnlyInterrupts {

		@RateLimited(name = "interrupts", limit = 1, waitTime = "5s", fallback = "instead")
		void call() {
		}

		void instead(RateLimitInterruptedException ex) {
		}

	}

	static class Service {

		private final AtomicInteger runs = new AtomicInteger();

		AtomicInteger runs() {
			return this.runs;
		}

		@RateLimited(name = "fast", limit = 10, window = "1s", burst = 1, waitTime = "5s")
		void fast() {
			this.runs.incrementAndGet();
		}

		@RateLimited(name = "fast", limit = 10, window = "1s", burst = 1, waitTime = "5s")
		Mono<String> mono() {
			return Mono.fromCallable(() -> "run " + this.runs.incrementAndGet());
		}

		@RateLimited(name = "slow", limit = 1, window = "1h", waitTime = "5s")
		void slow() {
			this.runs.incrementAndGet();
		}

		@RateLimited(name = "waiting", limit = 100, window = "1s", waitTime = "5s")
		@RateLimited(name = "strict", limit = 1, window = "1s")
		void both() {
		}

		@RateLimited(name = "patient", limit = 1, window = "1h", waitTime = "10h")
		void patient() {
			this.runs.incrementAndGet();
		}

		@RateLimited(name = "patient", limit = 1, window = "1h", waitTime = "10h")
		Mono<String> patientMono() {
			return Mono.fromCallable(() -> "run " + this.runs.incrementAndGet());
		}

	}

	static class Quota {

		@RateLimited(name = "x", limit = 10, window = "day", waitTime = "5s")
		void run() {
		}

	}

	static class Shadow {

		@RateLimited(name = "x", limit = 10, shadow = true, waitTime = "5s")
		void run() {
		}

	}

	static class TooLong {

		@RateLimited(name = "x", limit = 10, waitTime = "2d")
		void run() {
		}

	}

}
