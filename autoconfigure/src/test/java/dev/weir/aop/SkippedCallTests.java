package dev.weir.aop;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirMetricsAutoConfiguration;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.lease.OnBusy;
import dev.weir.lease.SemaphoreOperations;
import dev.weir.lease.SemaphoreSpec;
import dev.weir.local.LocalLeaseStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AliasFor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for calls that are skipped because their lease is busy.
 */
class SkippedCallTests {

	private final ApplicationContextRunner contexts = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
				WeirAopAutoConfiguration.class, WeirMetricsAutoConfiguration.class))
		.withUserConfiguration(Beans.class)
		.withPropertyValues("weir.store=local");

	@Test
	void aSkippedCallReturnsNothingAndDoesNotRun() {
		whileBusy((jobs) -> {
			jobs.nothing();
			assertThat(jobs.text()).isNull();
			assertThat(jobs.boxed()).isNull();
			assertThat(jobs.optional()).isEmpty();
			assertThat(jobs.optionalInt()).isEmpty();
			assertThat(jobs.stage().toCompletableFuture()).isCompletedWithValue(null);
			assertThat(jobs.future()).isCompletedWithValue(null);
			assertThat(jobs.mono().blockOptional(Duration.ofSeconds(20))).isEmpty();
			assertThat(jobs.flux().collectList().block(Duration.ofSeconds(20))).isEmpty();
			jobs.permit();
			assertThat(jobs.runs()).isEqualTo(0);
		});
	}

	@Test
	void skippedCallsAreCounted() {
		this.contexts.run((context) -> {
			hold(context, () -> {
				context.getBean(Jobs.class).nothing();
				context.getBean(Jobs.class).mono().block(Duration.ofSeconds(20));
				context.getBean(Jobs.class).permit();
			});
			MeterRegistry meters = context.getBean(MeterRegistry.class);
			assertThat(meters.get("weir.lease.skipped").tags("policy", "job", "kind", "lock").counter().count())
				.isEqualTo(2);
			assertThat(meters.get("weir.lease.skipped").tags("policy", "permit", "kind", "semaphore").counter().count())
				.isEqualTo(1);
		});
	}

	@Test
	void aCallThatFindsTheLockFreeRuns() {
		this.contexts.run((context) -> {
			Jobs jobs = context.getBean(Jobs.class);
			jobs.nothing();
			assertThat(jobs.text()).isEqualTo("ran");
			assertThat(jobs.optional()).contains("ran");
			assertThat(jobs.mono().block(Duration.ofSeconds(20))).isEqualTo("ran");
			assertThat(jobs.runs()).isEqualTo(4);
		});
	}

	@Test
	void aPropertyDecides() {
		this.contexts
			.withPropertyValues("weir.lock.policies.job.on-busy=fail", "weir.lock.policies.strict.on-busy=skip")
			.run((context) -> hold(context, () -> {
				Jobs jobs = context.getBean(Jobs.class);
				assertThatExceptionOfType(LeaseBusyException.class).isThrownBy(jobs::nothing);
				assertThat(jobs.strict()).isNull();
			}));
	}

	@Test
	void aBusyLockOfTheMethodsOwnCallsIsNoReasonToSkip() {
		this.contexts.run((context) -> hold(context, () -> assertThatExceptionOfType(LeaseBusyException.class)
			.isThrownBy(() -> context.getBean(Jobs.class).callsStrict())));
	}

	@Test
	void aMethodWithAPrimitiveResultIsRefusedAtTheStart() {
		this.contexts.withBean(Primitive.class)
			.run((context) -> assertThat(context).getFailure()
				.hasMessageContaining("onBusy")
				.hasMessageContaining("a call that is skipped returns nothing, and the method returns int")
				.hasMessageContaining("Return a type that can be null or empty, or set onBusy to FAIL"));
	}

	@Test
	void aLockStaysTakenAfterItsMethod() {
		this.contexts.withBean(Ticks.class).run((context) -> {
			Ticks ticks = context.getBean(Ticks.class);
			ticks.plain();
			ticks.stage().toCompletableFuture().join();
			ticks.mono().block(Duration.ofSeconds(20));
			assertThatExceptionOfType(ArithmeticException.class).isThrownBy(ticks::failing);
			LocalLeaseStore store = context.getBean(LocalLeaseStore.class);
			for (String name : List.of("plain", "stage", "mono", "failing")) {
				assertThat(store.look(new LeaseKey(LeaseKind.LOCK, "weir:" + name)).toCompletableFuture().join())
					.singleElement()
					.satisfies((place) -> assertThat(place.owner()).startsWith("kept-"))
					.satisfies((place) -> assertThat(place.remaining()).isBetween(Duration.ofSeconds(10),
							Duration.ofSeconds(30)));
			}
			ticks.plain();
			assertThat(ticks.runs()).isEqualTo(4);
		});
	}

	@Test
	void codeIsInformedWhetherItRan() {
		this.contexts.run((context) -> {
			AtomicInteger runs = new AtomicInteger();
			LockOperations locks = context.getBean(LockOperations.class);
			LockSpec job = LockSpec.of("job").waitTime(Duration.ZERO);
			hold(context, () -> {
				assertThat(locks.tryRun(job, runs::incrementAndGet)).isFalse();
				assertThat(context.getBean(SemaphoreOperations.class)
					.tryRun(SemaphoreSpec.of("permit", 1).waitTime(Duration.ZERO), runs::incrementAndGet)).isFalse();
			});
			assertThat(runs).hasValue(0);
			assertThat(locks.tryRun(job, runs::incrementAndGet)).isTrue();
			assertThat(runs).hasValue(1);
			assertThat(context.getBean(MeterRegistry.class)
				.get("weir.lease.skipped")
				.tags("policy", "job")
				.counter()
				.count()).isEqualTo(1);
		});
	}

	private void whileBusy(Consumer<Jobs> calls) {
		this.contexts.run((context) -> hold(context, () -> calls.accept(context.getBean(Jobs.class))));
	}

	private static void hold(AssertableApplicationContext context, Runnable calls) {
		try (Lease job = context.getBean(LockOperations.class).acquire(LockSpec.of("job"));
				Lease strict = context.getBean(LockOperations.class).acquire(LockSpec.of("strict"));
				Lease permit = context.getBean(SemaphoreOperations.class).acquire(SemaphoreSpec.of("permit", 1))) {
			assertThat(job.isValid() && strict.isValid() && permit.isValid()).isTrue();
			calls.run();
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Jobs jobs(ObjectProvider<Strict> strict) {
			return new Jobs(strict);
		}

		@Bean
		Strict strict() {
			return new Strict();
		}

		@Bean
		SimpleMeterRegistry meters() {
			return new SimpleMeterRegistry();
		}

	}

	static class Strict {

		@DistributedLock(name = "strict", waitTime = "0")
		String strict() {
			return "ran";
		}

	}

	static class Jobs {

		private final AtomicInteger runs = new AtomicInteger();

		private final ObjectProvider<Strict> strict;

		Jobs(ObjectProvider<Strict> strict) {
			this.strict = strict;
		}

		int runs() {
			return this.runs.get();
		}

		@DistributedLock(name = "job", waitTime = "0", onBusy = OnBusy.SKIP)
		void nothing() {
			this.runs.incrementAndGet();
		}

		@DistributedLock(name = "job", waitTime = "0", onBusy = OnBusy.SKIP)
		String text() {
			return ran();
		}

		@DistributedLock(name = "job", waitTime = "0", onBusy = OnBusy.SKIP)
		Integer boxed() {
			return this.runs.incrementAndGet();
		}

		@DistributedLock(name = "job", waitTime = "0", onBusy = OnBusy.SKIP)
		Optional<String> optional() {
			return Optional.of(ran());
		}

		@DistributedLock(name = "job", waitTime = "0", onBusy = OnBusy.SKIP)
		OptionalInt optionalInt() {
			return OptionalInt.of(this.runs.incrementAndGet());
		}

		@DistributedLock(name = "job", waitTime = "0", onBusy = OnBusy.SKIP)
		CompletionStage<String> stage() {
			return CompletableFuture.completedFuture(ran());
		}

		@DistributedLock(name = "job", waitTime = "0", onBusy = OnBusy.SKIP)
		CompletableFuture<String> future() {
			return CompletableFuture.completedFuture(ran());
		}

		@DistributedLock(name = "job", waitTime = "0", onBusy = OnBusy.SKIP)
		Mono<String> mono() {
			return Mono.fromSupplier(this::ran);
		}

		@DistributedLock(name = "job", waitTime = "0", onBusy = OnBusy.SKIP)
		Flux<String> flux() {
			return Flux.defer(() -> Flux.just(ran()));
		}

		@Semaphore(name = "permit", limit = 1, waitTime = "0", onBusy = OnBusy.SKIP)
		void permit() {
			this.runs.incrementAndGet();
		}

		@DistributedLock(name = "outer", waitTime = "0", onBusy = OnBusy.SKIP)
		String callsStrict() {
			return this.strict.getObject().strict();
		}

		String strict() {
			return this.strict.getObject().strict();
		}

		private String ran() {
			this.runs.incrementAndGet();
			return "ran";
		}

	}

	/**
	 * The composed annotation of the documentation.
	 */
	@Target(ElementType.METHOD)
	@Retention(RetentionPolicy.RUNTIME)
	@DistributedLock(waitTime = "0", onBusy = OnBusy.SKIP, atLeast = "30s")
	@interface OncePerTick {

		@AliasFor(annotation = DistributedLock.class)
		String name();

	}

	static class Ticks {

		private final AtomicInteger runs = new AtomicInteger();

		int runs() {
			return this.runs.get();
		}

		@OncePerTick(name = "plain")
		void plain() {
			this.runs.incrementAndGet();
		}

		@OncePerTick(name = "stage")
		CompletionStage<Integer> stage() {
			return CompletableFuture.completedFuture(this.runs.incrementAndGet());
		}

		@OncePerTick(name = "mono")
		Mono<Integer> mono() {
			return Mono.fromSupplier(this.runs::incrementAndGet);
		}

		@OncePerTick(name = "failing")
		void failing() {
			this.runs.incrementAndGet();
			throw new ArithmeticException();
		}

	}

	static class Primitive {

		@DistributedLock(name = "primitive", onBusy = OnBusy.SKIP)
		int number() {
			return 1;
		}

	}

}
