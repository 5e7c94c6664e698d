package dev.weir.aop;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import dev.weir.annotation.RateLimited;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirRateLimitAutoConfiguration;
import dev.weir.autoconfigure.WeirWebMvcAutoConfiguration;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitListener;
import dev.weir.ratelimit.UserKeyResolver;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.annotation.Order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link RateLimitAspect} with the methods of services. The windows are so long
 * that no token is added while a test runs.
 */
class RateLimitAspectTests {

	private static final AtomicReference<String> user = new AtomicReference<>("alice");

	private final ApplicationContextRunner bare = new ApplicationContextRunner().withPropertyValues("weir.store=local")
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
				WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class,
				WeirWebMvcAutoConfiguration.class))
		.withBean(UserKeyResolver.class, () -> user::get);

	private final ApplicationContextRunner runner = this.bare.withBean(Service.class);

	@Test
	void aDeniedCallDoesNotRunAndReportsWhenToRetry() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			service.two();
			service.two();
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(service::two)
				.returns("two", RateLimitExceededException::getPolicy)
				.satisfies((ex) -> assertThat(ex.getRetryAfter()).isBetween(Duration.ofMinutes(29),
						Duration.ofMinutes(30)));
			assertThat(service.runs()).isEqualTo(2);
		});
	}

	@Test
	void limitsMethodsWithoutWebClasses() {
		this.bare
			.withClassLoader(new FilteredClassLoader("org.springframework.web", "org.springframework.http",
					"jakarta.servlet", "reactor"))
			.withBean(Plain.class)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				Plain plain = context.getBean(Plain.class);
				plain.run();
				assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(plain::run);
			});
	}

	@Test
	void severalLimitsChargeAllOrNothing() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			user.set("alice");
			service.both();
			assertDenied(service::both, "own");
			assertDenied(service::both, "own");
			user.set("bob");
			service.both();
			user.set("carol");
			assertDenied(service::both, "all");
		});
	}

	@Test
	void keyCostConditionAndLimitCanBeExpressions() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			service.expressions("a", 3, "4");
			assertDenied(() -> service.expressions("a", 2, "4"), "expressions");
			service.expressions("a", 1, "4");
			service.expressions("b", 4, "4");
			service.expressions("free", 1000, "4");
			service.expressions("a", 0, "4");
			assertThatIllegalStateException().isThrownBy(() -> service.expressions("a", 1, "many"))
				.withMessageContaining("'many' is not a limit");
		});
	}

	@Test
	void aFallbackRunsInPlaceOfADeniedCall() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			assertThat(service.withFallback("x")).isEqualTo("x");
			assertThat(service.withFallback("y")).isEqualTo("instead of y: fallback");
		});
	}

	@Test
	void aDeniedStageFailsInsteadOfThrowing() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			assertThat(service.stage().join()).isEqualTo("done");
			CompletableFuture<String> denied = service.stage();
			assertThatExceptionOfType(CompletionException.class).isThrownBy(denied::join)
				.withCauseInstanceOf(RateLimitExceededException.class);
		});
	}

	@Test
	void chargesEachSubscriptionAndNotTheCall() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			Mono<String> mono = service.mono();
			service.mono();
			assertThat(mono.block()).isEqualTo("done");
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(mono::block);
			Flux<String> flux = service.flux();
			assertThat(flux.collectList().block()).containsExactly("a", "b");
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(flux::blockLast);
		});
	}

	@Test
	void aComposedAnnotationLimitsCalls() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			service.composed();
			assertDenied(service::composed, "composed");
		});
	}

	@Test
	void shadowModeDeniesNoCallAndNotifiesListeners() {
		Recording recording = new Recording();
		this.runner.withBean("failing", RateLimitListener.class, Failing::new)
			.withBean("recording", RateLimitListener.class, () -> recording)
			.run((context) -> {
				Service service = context.getBean(Service.class);
				service.shadow();
				service.shadow();
				assertThat(recording.allowed).hasValue(1);
				assertThat(recording.shadowDenials).hasValue(1);
			});
	}

	@Test
	void aDisabledPolicyChargesNothing() {
		this.runner.withPropertyValues("weir.rate-limit.policies.two.enabled=false").run((context) -> {
			Service service = context.getBean(Service.class);
			for (int i = 0; i < 5; i++) {
				service.two();
			}
			assertThat(service.runs()).isEqualTo(5);
		});
	}

	private static void assertDenied(Runnable call, String policy) {
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(call::run)
			.returns(policy, RateLimitExceededException::getPolicy);
	}

	@Retention(RetentionPolicy.RUNTIME)
	@RateLimited(name = "composed", limit = 1, window = "1h")
	@interface Composed {

	}

	@Order(1)
	static class Failing implements RateLimitListener {

		@Override
		public void decided(Decisions decisions) {
			throw new IllegalStateException("listener");
		}

	}

	@Order(2)
	static class Recording implements RateLimitListener {

		private final AtomicInteger allowed = new AtomicInteger();

		private final AtomicInteger shadowDenials = new AtomicInteger();

		@Override
		public void decided(Decisions decisions) {
			decisions.all()
				.forEach((decision) -> (decision.allowed() ? this.allowed : this.shadowDenials).incrementAndGet());
		}

	}

	public static class Plain {

		@RateLimited(name = "plain", limit = 1, window = "1h")
		public void run() {
		}

	}

	static class Service {

		private final AtomicInteger runs = new AtomicInteger();

		int runs() {
			return this.runs.get();
		}

		@RateLimited(name = "two", limit = 2, window = "1h")
		void two() {
			this.runs.incrementAndGet();
		}

		@RateLimited(name = "all", limit = 2, window = "1h")
		@RateLimited(name = "own", limit = 1, window = "1h", perUser = true)
		void both() {
		}

		@RateLimited(name = "expressions", key = "#tenant", limitExpression = "#plan", costExpression = "#size",
				window = "1h", condition = "#tenant != 'free'")
		void expressions(String tenant, long size, String plan) {
		}

		@RateLimited(name = "fallback", limit = 1, window = "1h", fallback = "instead")
		String withFallback(String text) {
			return text;
		}

		String instead(String text, RateLimitExceededException ex) {
			return "instead of " + text + ": " + ex.getPolicy();
		}

		@RateLimited(name = "stage", limit = 1, window = "1h")
		CompletableFuture<String> stage() {
			return CompletableFuture.completedFuture("done");
		}

		@RateLimited(name = "mono", limit = 1, window = "1h")
		Mono<String> mono() {
			return Mono.just("done");
		}

		@RateLimited(name = "flux", limit = 1, window = "1h")
		Flux<String> flux() {
			return Flux.just("a", "b");
		}

		@Composed
		void composed() {
		}

		@RateLimited(name = "shadow", limit = 1, window = "1h", shadow = true)
		void shadow() {
		}

	}

}
