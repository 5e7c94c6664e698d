package dev.weir.aop;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import dev.weir.annotation.RateLimited;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirRateLimitAutoConfiguration;
import dev.weir.autoconfigure.WeirWebMvcAutoConfiguration;
import dev.weir.core.LogWatch;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.Reservation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for limits that are settled at the end of a call. The windows are so long that no
 * token is added while a test runs.
 */
class SettledCallTests {

	private final ApplicationContextRunner bare = new ApplicationContextRunner().withPropertyValues("weir.store=local")
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
				WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class,
				WeirWebMvcAutoConfiguration.class));

	private final ApplicationContextRunner runner = this.bare.withBean(Service.class);

	@Test
	void aValueSettlesTheEstimate() {
		run((service, limits) -> {
			assertThat(service.value(100, 30).used()).isEqualTo(30);
			assertThat(left(limits, "value")).isEqualTo(970);
			service.value(100, 170);
			assertThat(left(limits, "value")).isEqualTo(800);
			service.value(0, 10);
			assertThat(left(limits, "value")).isEqualTo(790);
		});
	}

	@Test
	void whatWasUsedBeyondIsADebtThatTheNextCallsWaitFor() {
		run((service, limits) -> {
			service.value(1000, 1500);
			assertThat(left(limits, "value")).isZero();
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> service.value(1, 1))
				.satisfies((ex) -> assertThat(ex.getRetryAfter()).isGreaterThan(Duration.ofDays(180)));
		});
	}

	@ParameterizedTest
	@ValueSource(longs = { -1, Long.MIN_VALUE })
	void aNegativeOrMissingValueLeavesTheEstimateAndFailsNoCall(long used) {
		run((service, limits) -> {
			service.value(100, used);
			assertThat(left(limits, "value")).isEqualTo(900);
		});
	}

	@Test
	void missingAndNegativeValuesAreLoggedOnceEach() {
		run((service, limits) -> {
			try (LogWatch log = new LogWatch()) {
				for (int i = 0; i < 3; i++) {
					service.value(10, -1);
					service.value(10, Long.MIN_VALUE);
				}
				assertThat(log.lines()).isEqualTo(2);
			}
			assertThat(left(limits, "value")).isEqualTo(940);
		});
	}

	@Test
	void aSubscriptionThatIsCancelledBeforeTheAnswerGivesItsEstimateBackAndRunsNothing() {
		SlowStore store = new SlowStore();
		this.runner.withBean(BucketStore.class, () -> store).run((context) -> {
			AtomicInteger runs = new AtomicInteger();
			Disposable subscription = context.getBean(Service.class)
				.mono(Mono.fromCallable(() -> new Answer(runs.incrementAndGet())))
				.subscribe();
			subscription.dispose();
			store.open.complete(null);
			await().untilAsserted(
					() -> assertThat(left(context.getBean(RateLimitOperations.class), "mono")).isEqualTo(1000));
			assertThat(store.settled).isTrue();
			assertThat(runs).hasValue(0);
		});
	}

	@Test
	void aFutureOfCodeThatIsCancelledBeforeTheAnswerGivesItsTokensBack() {
		SlowStore store = new SlowStore();
		this.runner.withBean(BucketStore.class, () -> store).run((context) -> {
			RateLimitOperations limits = context.getBean(RateLimitOperations.class);
			RateLimitSpec spec = RateLimitSpec.of("code").limit(RateLimit.of(1000, Duration.ofDays(365)));
			limits.acquireAsync(spec, Duration.ZERO).cancel(false);
			limits.reserveAsync(List.of(spec.estimate(100))).cancel(false);
			store.open.complete(null);
			await().untilAsserted(() -> assertThat(limits.peek(spec).remaining()).isEqualTo(1000));
			assertThat(store.settled).isTrue();
		});
	}

	@Test
	void aFailedCallGivesItsEstimateBackUnlessItStays() {
		run((service, limits) -> {
			assertThatIllegalStateException().isThrownBy(() -> service.failing(100));
			assertThat(left(limits, "failing")).isEqualTo(1000);
			assertThatIllegalStateException().isThrownBy(() -> service.failingAndCharged(100));
			assertThat(left(limits, "charged")).isEqualTo(900);
		});
	}

	@Test
	void aStageSettlesWhenItHasCompleted() {
		run((service, limits) -> {
			CompletableFuture<Answer> answer = new CompletableFuture<>();
			assertThat(service.stage(answer)).isSameAs(answer);
			assertThat(left(limits, "stage")).isEqualTo(900);
			answer.complete(new Answer(30));
			assertThat(left(limits, "stage")).isEqualTo(970);
			service.stage(CompletableFuture.failedFuture(new IllegalStateException()));
			assertThat(left(limits, "stage")).isEqualTo(970);
			CompletableFuture<Answer> cancelled = service.stage(new CompletableFuture<>());
			cancelled.cancel(true);
			assertThat(left(limits, "stage")).isEqualTo(870);
			service.stage(CompletableFuture.completedFuture(new Answer(20)));
			assertThat(left(limits, "stage")).isEqualTo(850);
		});
	}

	@Test
	void aMonoSettlesEachSubscription() {
		run((service, limits) -> {
			Mono<Answer> mono = service.mono(Mono.just(new Answer(30)));
			assertThat(left(limits, "mono")).isEqualTo(1000);
			mono.block();
			mono.block();
			assertThat(left(limits, "mono")).isEqualTo(940);
			service.mono(Mono.error(new IllegalStateException())).onErrorComplete().block();
			assertThat(left(limits, "mono")).isEqualTo(940);
			service.mono(Mono.empty()).block();
			assertThat(left(limits, "mono")).isEqualTo(840);
		});
	}

	@Test
	void theLastElementOfAFluxForWhichTheExpressionHasAValueCounts() {
		run((service, limits) -> {
			Flux<Object> answers = Flux.just("text", new Answer(10), "text", new Answer(30), "text");
			assertThat(service.flux(answers).collectList().block()).hasSize(5);
			assertThat(left(limits, "flux")).isEqualTo(970);
			service.flux(answers.concatWith(Flux.error(new IllegalStateException()))).onErrorComplete().blockLast();
			assertThat(left(limits, "flux")).isEqualTo(940);
			service.flux(answers).take(3).blockLast();
			assertThat(left(limits, "flux")).isEqualTo(930);
			service.flux(answers).take(1).blockLast();
			assertThat(left(limits, "flux")).isEqualTo(830);
			service.flux(Flux.just("text")).blockLast();
			assertThat(left(limits, "flux")).isEqualTo(730);
		});
	}

	@Test
	void aMethodCanSettleByItself() {
		run((service, limits) -> {
			service.itself(100, 40);
			assertThat(left(limits, "itself")).isEqualTo(960);
			assertThat(Reservation.current()).isEmpty();
			assertThat(service.itselfAtTheEnd(100).blockLast()).isEqualTo("end");
			await().untilAsserted(() -> assertThat(left(limits, "end")).isEqualTo(992));
			assertThat(service.itselfLater(100).blockLast()).isEqualTo("end");
			assertThat(left(limits, "later")).isEqualTo(993);
		});
	}

	@Test
	void aNestedCallHasItsOwnReservation() {
		run((service, limits) -> {
			Reservation[] seen = new Reservation[2];
			service.around(100, () -> {
				seen[0] = Reservation.current().orElseThrow();
				service.around(50, () -> seen[1] = Reservation.current().orElseThrow());
				assertThat(Reservation.current()).containsSame(seen[0]);
			});
			assertThat(seen[1]).isNotSameAs(seen[0]);
		});
	}

	@Test
	void severalLimitsSettleTheirOwnNumbersAndACostStays() {
		run((service, limits) -> {
			service.several(100, 30);
			assertThat(left(limits, "calls")).isEqualTo(999);
			assertThat(left(limits, "minute")).isEqualTo(970);
			assertThat(left(limits, "doubled")).isEqualTo(940);
		});
	}

	@Test
	void aLimitInShadowModeThatTookNothingGetsNothingBack() {
		run((service, limits) -> {
			service.shadow(2000, 10);
			assertThat(left(limits, "shadow")).isEqualTo(1000);
		});
	}

	@Test
	void codeReservesAndSettles() {
		run((service, limits) -> {
			RateLimitSpec tokens = RateLimitSpec.of("code").limit(RateLimit.of(1000, Duration.ofDays(365)));
			RateLimitSpec calls = RateLimitSpec.of("coded-calls").limit(RateLimit.of(2, Duration.ofDays(365)));
			Reservation reservation = limits.reserve(List.of(tokens.estimate(400), calls));
			assertThat(reservation.settle(100).join()).isTrue();
			assertThat(limits.peek(tokens).remaining()).isEqualTo(900);
			assertThat(limits.peek(calls).remaining()).isOne();
			limits.reserveAsync(List.of(tokens.estimate(400), calls)).join().cancel().join();
			assertThat(limits.peek(tokens).remaining()).isEqualTo(900);
			assertThatExceptionOfType(RateLimitExceededException.class)
				.isThrownBy(() -> limits.reserve(List.of(tokens.estimate(400), calls)));
			assertThatIllegalArgumentException().isThrownBy(() -> limits.reserve(List.of(tokens.cost(400))))
				.withMessageContaining("RateLimitSpec.estimate");
		});
	}

	@Test
	void reportsMistakesAtStart() {
		assertMistake(NoEstimate.class, "settle = \"#result\": there is no estimate to settle");
		assertMistake(OnErrorOnly.class, "settleOnError = \"true\": no call is settled");
		assertMistake(UnknownProperty.class, "has no property 'usgae'");
		assertMistake(UnknownEnd.class, "cannot detect when the work behind this result ends");
		assertMistake(ResultBefore.class, "#result is not a parameter of the method");
	}

	@Test
	void settlesOnAnotherThread() {
		run((service, limits) -> {
			CountDownLatch started = new CountDownLatch(1);
			CompletableFuture<Answer> answer = service.stage(CompletableFuture.supplyAsync(() -> {
				awaitLatch(started);
				return new Answer(1);
			}));
			assertThat(left(limits, "stage")).isEqualTo(900);
			started.countDown();
			answer.join();
			await().untilAsserted(() -> assertThat(left(limits, "stage")).isEqualTo(999));
		});
	}

	private static void awaitLatch(CountDownLatch latch) {
		try {
			assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void assertMistake(Class<?> bean, String message) {
		this.bare.withBean(bean).run((context) -> assertThat(context).getFailure().hasMessageContaining(message));
	}

	private static long left(RateLimitOperations limits, String policy) {
		return limits.peek(RateLimitSpec.of(policy)).remaining();
	}

	private void run(Code code) {
		this.runner
			.run((context) -> code.run(context.getBean(Service.class), context.getBean(RateLimitOperations.class)));
	}

	@FunctionalInterface
	private interface Code {

		void run(Service service, RateLimitOperations limits);

	}

	/**
	 * A store that answers no call before it is open.
	 */
	private static final class SlowStore implements BucketStore {

		private final LocalBucketStore buckets = new LocalBucketStore();

		private final CompletableFuture<Void> open = new CompletableFuture<>();

		private volatile boolean settled;

		@Override
		public CompletionStage<BucketStore.Answer> decide(List<Call> calls) {
			return this.open.thenCompose((opened) -> {
				this.settled |= calls.stream().anyMatch((call) -> call.action() == Action.SETTLE);
				return this.buckets.decide(calls);
			});
		}

		@Override
		public CompletionStage<Void> remove(String key) {
			return this.buckets.remove(key);
		}

	}

	/**
	 * An answer.
	 *
	 * @param used the tokens that it has cost
	 * @param tokens the same, which some providers omit
	 */
	record Answer(long used, Long tokens) {

		Answer(long used) {
			this(used, (used != Long.MIN_VALUE) ? used : null);
		}

	}

	static class Service {

		@RateLimited(name = "value", limit = 1000, window = "365d", costExpression = "#estimate",
				settle = "#result.tokens()")
		Answer value(long estimate, long used) {
			return new Answer(used);
		}

		@RateLimited(name = "failing", limit = 1000, window = "365d", costExpression = "#estimate",
				settle = "#result.tokens()")
		Answer failing(long estimate) {
			throw new IllegalStateException("failed");
		}

		@RateLimited(name = "charged", limit = 1000, window = "365d", costExpression = "#estimate",
				settle = "#result.tokens()", settleOnError = true)
		Answer failingAndCharged(long estimate) {
			throw new IllegalStateException("failed");
		}

		@RateLimited(name = "stage", limit = 1000, window = "365d", cost = 100, settle = "#result.tokens()")
		CompletableFuture<Answer> stage(CompletableFuture<Answer> answer) {
			return answer;
		}

		@RateLimited(name = "mono", limit = 1000, window = "365d", cost = 100, settle = "#result.tokens()")
		Mono<Answer> mono(Mono<Answer> answer) {
			return answer;
		}

		@RateLimited(name = "flux", limit = 1000, window = "365d", cost = 100, settle = "#result.tokens()")
		Flux<Object> flux(Flux<Object> answers) {
			return answers;
		}

		@RateLimited(name = "itself", limit = 1000, window = "365d", costExpression = "#estimate")
		void itself(long estimate, long used) {
			Reservation.current().orElseThrow().settle(used);
		}

		@RateLimited(name = "later", limit = 1000, window = "365d", costExpression = "#estimate", settle = "99")
		Flux<String> itselfLater(long estimate) {
			Reservation reservation = Reservation.current().orElseThrow();
			return Flux.just("begin", "end").doOnNext((text) -> {
				if (text.equals("end")) {
					reservation.settle(7);
				}
			});
		}

		@RateLimited(name = "end", limit = 1000, window = "365d", costExpression = "#estimate")
		Flux<String> itselfAtTheEnd(long estimate) {
			Reservation reservation = Reservation.current().orElseThrow();
			return Flux.just("begin", "end").doFinally((signal) -> reservation.settle(8));
		}

		@RateLimited(name = "around", limit = 1000, window = "365d", costExpression = "#estimate")
		void around(long estimate, Runnable code) {
			code.run();
		}

		@RateLimited(name = "calls", limit = 1000, window = "365d")
		@RateLimited(name = "minute", limit = 1000, window = "365d", costExpression = "#estimate",
				settle = "#result.tokens()")
		@RateLimited(name = "doubled", limit = 1000, window = "365d", costExpression = "#estimate",
				settle = "#result.tokens() * 2")
		Answer several(long estimate, long used) {
			return new Answer(used);
		}

		@RateLimited(name = "shadow", limit = 1000, window = "365d", shadow = true, costExpression = "#estimate",
				settle = "#result.tokens()")
		Answer shadow(long estimate, long used) {
			return new Answer(used);
		}

	}

	static class NoEstimate {

		@RateLimited(name = "x", limit = 10, settle = "#result")
		long run() {
			return 1;
		}

	}

	static class OnErrorOnly {

		@RateLimited(name = "x", limit = 10, settleOnError = true)
		long run() {
			return 1;
		}

	}

	static class UnknownProperty {

		@RateLimited(name = "x", limit = 10, cost = 5, settle = "#result.usgae")
		Mono<Answer> run() {
			return Mono.empty();
		}

	}

	static class UnknownEnd {

		@RateLimited(name = "x", limit = 10, cost = 5, settle = "5")
		Stream<String> run() {
			return Stream.of();
		}

	}

	static class ResultBefore {

		@RateLimited(name = "x", limit = 10, costExpression = "#result")
		long run() {
			return 1;
		}

	}

}
