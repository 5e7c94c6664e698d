package dev.weir.aop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.weir.annotation.DistributedLock;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseLostException;
import dev.weir.local.LocalLeaseStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for methods with reactive results. Each subscription has a lease from before the
 * method runs until the result completes, fails or is cancelled.
 */
@Timeout(60)
class ReactiveResultsTests {

	private static final Duration SOON = Duration.ofSeconds(20);

	@Test
	void acquiresNothingBeforeASubscription() {
		run((guarded, store) -> {
			Mono<String> mono = guarded.mono(Mono.just("value"));
			assertThat(guarded.calls()).hasValue(0);
			assertThat(store.size()).isZero();
			assertThat(mono.block(SOON)).isEqualTo("value");
			assertThat(mono.block(SOON)).isEqualTo("value");
			assertThat(guarded.calls()).hasValue(2);
			await().untilAsserted(() -> assertThat(store.size()).isZero());
		});
	}

	@Test
	void aMonoReleasesItsLeaseBeforeItEmitsItsValue() {
		run((guarded, store) -> {
			Sinks.One<String> sink = Sinks.one();
			CompletableFuture<String> result = guarded.mono(sink.asMono()).toFuture();
			await().until(() -> store.size() == 1);
			assertThatExceptionOfType(LeaseBusyException.class)
				.isThrownBy(() -> guarded.mono(Mono.just("other")).block(SOON));
			sink.tryEmitValue("value");
			assertThat(result).succeedsWithin(SOON).isEqualTo("value");
			// A subscriber that has received the value may rely on the lease being free.
			assertThat(store.size()).isZero();
		});
	}

	@Test
	void aFluxKeepsItsLeaseUntilItCompletes() {
		run((guarded, store) -> {
			Sinks.Many<String> sink = Sinks.many().unicast().onBackpressureBuffer();
			CompletableFuture<List<String>> result = guarded.flux(sink.asFlux()).collectList().toFuture();
			sink.tryEmitNext("one");
			sink.tryEmitNext("two");
			await().until(() -> store.size() == 1);
			sink.tryEmitComplete();
			assertThat(result).succeedsWithin(SOON).isEqualTo(List.of("one", "two"));
			assertThat(store.size()).isZero();
		});
	}

	@Test
	void anErrorReleasesTheLeaseAndReachesTheSubscriber() {
		run((guarded, store) -> {
			assertThatIllegalStateException()
				.isThrownBy(
						() -> guarded.flux(Flux.error(new IllegalStateException("from the result"))).blockLast(SOON))
				.withMessage("from the result");
			assertThat(store.size()).isZero();
			assertThatIllegalStateException().isThrownBy(() -> guarded.throwing().block(SOON))
				.withMessage("from the method");
			assertThat(store.size()).isZero();
		});
	}

	@Test
	void cancellationReleasesTheLease() {
		run((guarded, store) -> {
			Disposable subscription = guarded.flux(Flux.never()).subscribe();
			await().until(() -> store.size() == 1);
			subscription.dispose();
			await().untilAsserted(() -> assertThat(store.size()).isZero());
			assertThat(guarded.flux(Flux.range(1, 100).map(String::valueOf)).take(3).collectList().block(SOON))
				.hasSize(3);
			await().untilAsserted(() -> assertThat(store.size()).isZero());
		});
	}

	@Test
	void aMethodThatRunsAtACancellationKeepsItsLeaseUntilItReturns() {
		run((guarded, store) -> {
			for (Function<Runnable, Mono<String>> body : List.<Function<Runnable, Mono<String>>>of((work) -> {
				work.run();
				return Mono.just("value");
			}, (work) -> Mono.fromRunnable(work), (work) -> Mono.just("value").doOnNext((value) -> work.run()))) {
				CountDownLatch running = new CountDownLatch(1);
				CountDownLatch mayReturn = new CountDownLatch(1);
				Mono<String> result = guarded.body(() -> body.apply(() -> {
					running.countDown();
					awaitUninterruptibly(mayReturn);
				}));
				Disposable subscription = result.subscribeOn(Schedulers.boundedElastic()).subscribe();
				await().until(() -> running.getCount() == 0);
				subscription.dispose();
				assertThatExceptionOfType(LeaseBusyException.class)
					.isThrownBy(() -> guarded.body(() -> Mono.just("beside")).block(SOON));
				mayReturn.countDown();
				await().untilAsserted(() -> assertThat(store.size()).isZero());
			}
		});
	}

	/**
	 * Cancels at random moments, and looks for two bodies that run at the same time.
	 */
	@Test
	void cancellationAtAnyMomentLetsNoTwoBodiesRunAtTheSameTime() {
		run((guarded, store) -> {
			AtomicInteger inside = new AtomicInteger();
			AtomicInteger overlaps = new AtomicInteger();
			AtomicInteger ran = new AtomicInteger();
			Random random = new Random(7);
			List<Disposable> subscriptions = new ArrayList<>();
			for (int i = 0; i < 10_000; i++) {
				int steps = random.nextInt(200);
				Supplier<String> work = () -> {
					if (inside.incrementAndGet() > 1) {
						overlaps.incrementAndGet();
					}
					for (int step = 0; step < steps; step++) {
						Thread.onSpinWait();
					}
					ran.incrementAndGet();
					inside.decrementAndGet();
					return "value";
				};
				Mono<String> body = random.nextBoolean() ? guarded.patientBody(() -> Mono.just(work.get()))
						: Mono.fromFuture(() -> guarded.patientStage(() -> CompletableFuture.supplyAsync(work)));
				subscriptions.add(body.subscribeOn(Schedulers.boundedElastic()).onErrorComplete().subscribe());
				if (random.nextInt(3) > 0 || subscriptions.size() > 8) {
					subscriptions.remove(random.nextInt(subscriptions.size())).dispose();
				}
			}
			subscriptions.forEach(Disposable::dispose);
			await().untilAsserted(() -> assertThat(store.size()).isZero());
			assertThat(overlaps).hasValue(0);
			assertThat(ran).hasPositiveValue();
		});
	}

	/**
	 * Waits as work does that does not end when its thread is interrupted.
	 * @param latch the latch to wait for
	 */
	private static void awaitUninterruptibly(CountDownLatch latch) {
		boolean interrupted = false;
		while (latch.getCount() > 0) {
			try {
				latch.await();
			}
			catch (InterruptedException ex) {
				interrupted = true;
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	@Test
	void cancellationOfWaitersLeavesNoLeaseBehind() {
		run((guarded, store) -> {
			Disposable holder = guarded.patient(Mono.never()).subscribe();
			await().until(() -> store.size() == 1);
			for (int i = 0; i < 200; i++) {
				Disposable waiter = guarded.patient(Mono.never()).subscribe();
				if (i == 100) {
					Schedulers.boundedElastic().schedule(holder::dispose);
				}
				waiter.dispose();
			}
			await().untilAsserted(() -> assertThat(store.size()).isZero());
		});
	}

	@Test
	void waitingBlocksNoThread() {
		run((guarded, store) -> {
			Disposable holder = guarded.patient(Mono.never()).subscribe();
			await().until(() -> store.size() == 1);
			CompletableFuture<String> waiter = guarded.patient(Mono.just("value"))
				.subscribeOn(Schedulers.parallel())
				.toFuture();
			assertThat(waiter).isNotDone();
			holder.dispose();
			assertThat(waiter).succeedsWithin(SOON).isEqualTo("value");
		});
	}

	@Test
	void theLeaseIsInTheContextAndInTheThreadOfTheMethod() {
		run((guarded, store) -> assertThat(guarded.seesItsLease().block(SOON)).isEqualTo("weir:sees/weir:sees"));
	}

	@Test
	void aNestedSubscriptionForTheSameKeyJoinsTheLease() {
		run((guarded, store) -> {
			Mono<String> nested = guarded.mono(Mono.defer(() -> guarded.mono(Mono.just("inside"))));
			assertThat(nested.subscribeOn(Schedulers.boundedElastic()).block(SOON)).isEqualTo("inside");
			await().untilAsserted(() -> assertThat(store.size()).isZero());
		});
	}

	@Test
	void aLostLeaseCausesAnErrorInPlaceOfTheCompletion() {
		run((guarded, store) -> {
			assertThatExceptionOfType(LeaseLostException.class)
				.isThrownBy(() -> guarded.outrun(Mono.delay(Duration.ofMillis(600))).block(SOON));
			assertThat(guarded.outrunWithFallback(Mono.delay(Duration.ofMillis(600))).block(SOON)).isEqualTo(-1L);
		});
	}

	@Test
	void aFallbackReplacesABusySubscription() {
		run((guarded, store) -> {
			Disposable holder = guarded.withFallback(Flux.never()).subscribe();
			await().until(() -> store.size() == 1);
			assertThat(guarded.withFallback(Flux.just("other")).collectList().block(SOON)).containsExactly("instead");
			holder.dispose();
		});
	}

	@Test
	void evaluatesTheConditionForEachSubscription() {
		run((guarded, store) -> {
			AtomicInteger asked = new AtomicInteger();
			Mono<String> mono = guarded.conditional(asked);
			assertThat(mono.block(SOON)).isEqualTo("unguarded");
			assertThat(mono.block(SOON)).isEqualTo("guarded");
		});
	}

	private static void run(Scenario scenario) {
		runner().withBean(Guarded.class).run((context) -> {
			assertThat(context).hasNotFailed();
			scenario.run(context.getBean(Guarded.class), context.getBean(LocalLeaseStore.class));
		});
	}

	private static ApplicationContextRunner runner() {
		return new ApplicationContextRunner().withPropertyValues("weir.store=local")
			.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
					WeirAopAutoConfiguration.class));
	}

	/**
	 * The steps of a test.
	 */
	private interface Scenario {

		void run(Guarded guarded, LocalLeaseStore store);

	}

	static class Guarded {

		private final AtomicInteger calls = new AtomicInteger();

		AtomicInteger calls() {
			return this.calls;
		}

		@DistributedLock(name = "mono", waitTime = "0")
		Mono<String> mono(Mono<String> work) {
			this.calls.incrementAndGet();
			return work;
		}

		@DistributedLock(name = "flux", waitTime = "0")
		Flux<String> flux(Flux<String> work) {
			return work;
		}

		@DistributedLock(name = "throwing", waitTime = "0")
		Mono<String> throwing() {
			throw new IllegalStateException("from the method");
		}

		@DistributedLock(name = "body", waitTime = "0")
		Mono<String> body(Supplier<Mono<String>> work) {
			return work.get();
		}

		@DistributedLock("patient-body")
		Mono<String> patientBody(Supplier<Mono<String>> work) {
			return work.get();
		}

		@DistributedLock("patient-body")
		CompletableFuture<String> patientStage(Supplier<CompletableFuture<String>> work) {
			return work.get();
		}

		@DistributedLock("patient")
		Mono<String> patient(Mono<String> work) {
			return work;
		}

		@DistributedLock("sees")
		Mono<String> seesItsLease() {
			String here = Lease.current().orElseThrow().key();
			return Mono.deferContextual((context) -> Mono.just(context.get(Lease.class).key() + "/" + here))
				.subscribeOn(Schedulers.parallel());
		}

		@DistributedLock(name = "outrun", timeout = "500ms")
		Mono<Long> outrun(Mono<Long> work) {
			return work;
		}

		@DistributedLock(name = "outrun-with-fallback", timeout = "500ms", fallback = "lost")
		Mono<Long> outrunWithFallback(Mono<Long> work) {
			return work;
		}

		Mono<Long> lost(Mono<Long> work, LeaseLostException ex) {
			return Mono.just(-1L);
		}

		@DistributedLock(name = "with-fallback", waitTime = "0", fallback = "instead")
		Flux<String> withFallback(Flux<String> work) {
			return work;
		}

		Flux<String> instead(Flux<String> work, LeaseBusyException ex) {
			return Flux.just("instead");
		}

		@DistributedLock(name = "conditional", condition = "#asked.getAndIncrement() > 0")
		Mono<String> conditional(AtomicInteger asked) {
			return Mono.deferContextual((context) -> Mono.just(context.hasKey(Lease.class) ? "guarded" : "unguarded"));
		}

	}

}
