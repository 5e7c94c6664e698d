package dev.weir.aop;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseLostException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.core.Ordered;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link SemaphoreAspect}, and for features of both aspects that the tests for
 * locks do not cover: limits, several keys, fallbacks.
 */
@Timeout(60)
class SemaphoreAspectTests {

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final CountDownLatch leave = new CountDownLatch(1);

	@AfterEach
	void end() {
		this.leave.countDown();
		this.threads.shutdownNow();
	}

	@Test
	void theLimitBoundsTheNumberOfHolders() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			List<Future<?>> holders = holders(3, () -> guarded.three(new CountDownLatch(1), this.leave));
			assertThatExceptionOfType(LeaseBusyException.class)
				.isThrownBy(() -> guarded.three(new CountDownLatch(1), this.leave))
				.withMessageContaining("The semaphore 'three' is busy");
			this.leave.countDown();
			for (Future<?> holder : holders) {
				holder.get(20, TimeUnit.SECONDS);
			}
			guarded.three(new CountDownLatch(1), this.leave);
		});
	}

	@Test
	void aLimitInAPropertyHasPrecedence() {
		runner().withPropertyValues("weir.semaphore.policies.three.limit=1").run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			holders(1, () -> guarded.three(new CountDownLatch(1), this.leave));
			assertThatExceptionOfType(LeaseBusyException.class)
				.isThrownBy(() -> guarded.three(new CountDownLatch(1), this.leave));
		});
	}

	@Test
	void expressionsDetermineTheKeyAndTheLimitOfEachCall() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			Tenant small = new Tenant("small", 1);
			Tenant large = new Tenant("large", 2);
			holders(1, () -> guarded.perTenant(small, this.leave));
			holders(2, () -> guarded.perTenant(large, this.leave));
			for (Tenant tenant : List.of(small, large)) {
				assertThatExceptionOfType(LeaseBusyException.class)
					.isThrownBy(() -> guarded.perTenant(tenant, this.leave));
			}
			assertThatIllegalStateException().isThrownBy(() -> guarded.perTenant(new Tenant("none", 0), this.leave))
				.withMessageContaining("limitExpression = \"#tenant.permits\"")
				.withMessageContaining("is 0, not a number of at least 1");
		});
	}

	@Test
	void acquiresTheLockBeforeThePermit() {
		run((context) -> {
			assertThat(context.getBean("weirSemaphoreAdvisor", GuardAdvisor.class).getOrder())
				.isEqualTo(Ordered.LOWEST_PRECEDENCE - 100);
			assertThat(context.getBean("weirDistributedLockAdvisor", GuardAdvisor.class).getOrder())
				.isEqualTo(Ordered.LOWEST_PRECEDENCE - 200);
			assertThat(context.getBean(Guarded.class).both()).isEqualTo("weir:permit-of-both");
		});
	}

	@Test
	void locksSeveralKeysTogether() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			assertThat(guarded.transfer("a", "b", null)).isEqualTo("weir:account:a, weir:account:b");
			assertThat(guarded.transfer("b", "a", null)).isEqualTo("weir:account:a, weir:account:b");
			assertThat(guarded.transfer("a", "a", null)).isEqualTo("weir:account:a");
			holders(1, () -> guarded.transfer("b", "c", this.leave));
			assertThatExceptionOfType(LeaseBusyException.class).isThrownBy(() -> guarded.transfer("a", "b", null));
			assertThat(guarded.transfer("a", "d", null)).isEqualTo("weir:account:a, weir:account:d");
		});
	}

	@Test
	void locksAllElementsOfACollection() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			assertThat(guarded.all(List.of("y", "x", "y"))).isEqualTo("weir:all:x, weir:all:y");
			assertThatIllegalStateException().isThrownBy(() -> guarded.all(List.of()))
				.withMessageContaining("is empty");
		});
	}

	@Test
	void callsTheFallbackWithTheMostSpecificException() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			holders(1, () -> guarded.withFallback("first", this.leave));
			assertThat(guarded.withFallback("second", null)).isEqualTo("second is busy");
			this.leave.countDown();
			await().until(() -> guarded.withFallback("third", this.leave).equals("third ran"));
			assertThat(guarded.outrun("fourth")).isEqualTo("fourth: LeaseLostException");
		});
	}

	@Test
	void anExceptionOfTheMethodDoesNotReachTheFallback() {
		run((context) -> assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> context.getBean(Guarded.class).fails())
			.withMessage("from the method"));
	}

	@Test
	void anExceptionOfTheFallbackReachesTheCallerUnwrapped() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			holders(1, () -> guarded.withFailingFallback(this.leave));
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> guarded.withFailingFallback(this.leave))
				.withMessage("from the fallback");
		});
	}

	@Test
	void aFallbackOfAStageIsAStage() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletableFuture<String> first = guarded.stage(work);
			assertThat(guarded.stage(new CompletableFuture<>())).succeedsWithin(Duration.ofSeconds(20))
				.isEqualTo("instead");
			work.complete("done");
			assertThat(first).succeedsWithin(Duration.ofSeconds(20)).isEqualTo("done");
		});
	}

	@Test
	void anInterruptedCallerReceivesTheExceptionAndNoFallback() throws Exception {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			holders(1, () -> guarded.patientWithFallback(this.leave));
			CompletableFuture<String> outcome = new CompletableFuture<>();
			Thread waiter = new Thread(() -> {
				try {
					outcome.complete(guarded.patientWithFallback(this.leave));
				}
				catch (LeaseException ex) {
					outcome.complete(ex.getClass().getSimpleName() + " " + Thread.currentThread().isInterrupted());
				}
			});
			waiter.start();
			await().until(() -> waiter.getState() == Thread.State.WAITING);
			waiter.interrupt();
			assertThat(outcome).succeedsWithin(Duration.ofSeconds(20)).isEqualTo("LeaseInterruptedException true");
		});
	}

	private List<Future<?>> holders(int count, Holder holder) throws Exception {
		List<Future<?>> holders = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			int before = Guarded.INSIDE.get();
			holders.add(this.threads.submit(() -> {
				holder.hold();
				return null;
			}));
			await().until(() -> Guarded.INSIDE.get() > before);
		}
		return holders;
	}

	private static void run(ContextConsumer<? super AssertableApplicationContext> test) {
		runner().run((context) -> {
			assertThat(context).hasNotFailed();
			test.accept(context);
		});
	}

	private static ApplicationContextRunner runner() {
		return new ApplicationContextRunner().withPropertyValues("weir.store=local")
			.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
					WeirAopAutoConfiguration.class))
			.withBean(Guarded.class);
	}

	record Tenant(String name, int permits) {

	}

	/**
	 * Runs a guarded method that holds its lease until the test opens the latch.
	 */
	private interface Holder {

		void hold() throws Exception;

	}

	static class Guarded {

		static final AtomicInteger INSIDE = new AtomicInteger();

		private static void hold(CountDownLatch leave) {
			INSIDE.incrementAndGet();
			try {
				if (leave != null) {
					leave.await(20, TimeUnit.SECONDS);
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		@Semaphore(name = "three", limit = 3, waitTime = "0")
		void three(CountDownLatch inside, CountDownLatch leave) {
			inside.countDown();
			hold(leave);
		}

		@Semaphore(name = "tenant", key = "#tenant.name", limitExpression = "#tenant.permits", waitTime = "0")
		void perTenant(Tenant tenant, CountDownLatch leave) {
			hold(leave);
		}

		@Semaphore(name = "permit-of-both", limit = 1)
		@DistributedLock(name = "lock-of-both")
		String both() {
			return Lease.current().orElseThrow().key();
		}

		@DistributedLock(name = "account", keys = { "#from", "#to" }, waitTime = "0")
		String transfer(String from, String to, CountDownLatch leave) {
			String key = Lease.current().orElseThrow().key();
			hold(leave);
			return key;
		}

		@DistributedLock(name = "all", keys = "#ids")
		String all(List<String> ids) {
			return Lease.current().orElseThrow().key();
		}

		@DistributedLock(name = "with-fallback", waitTime = "0", fallback = "instead")
		String withFallback(String caller, CountDownLatch leave) {
			hold(leave);
			return caller + " ran";
		}

		String instead(String caller, CountDownLatch leave, LeaseException ex) {
			return caller + " got " + ex;
		}

		private String instead(String caller, CountDownLatch leave, LeaseBusyException ex) {
			return caller + " is busy";
		}

		@DistributedLock(name = "outrun-with-fallback", timeout = "500ms", fallback = "lost")
		String outrun(String caller) {
			Lease lease = Lease.current().orElseThrow();
			await().until(() -> !lease.isValid());
			return caller + " ran";
		}

		String lost(String caller, LeaseLostException ex) {
			return caller + ": " + ex.getClass().getSimpleName();
		}

		@DistributedLock(name = "fails", fallback = "neverCalled")
		String fails() throws IOException {
			throw new IOException("from the method");
		}

		String neverCalled(Exception ex) {
			return "fallback";
		}

		@DistributedLock(name = "failing-fallback", waitTime = "0", fallback = "failingFallback")
		void withFailingFallback(CountDownLatch leave) throws IOException {
			hold(leave);
		}

		void failingFallback(CountDownLatch leave, LeaseBusyException ex) throws IOException {
			throw new IOException("from the fallback");
		}

		@Semaphore(name = "stage", limit = 1, waitTime = "0", fallback = "otherStage")
		CompletableFuture<String> stage(CompletableFuture<String> work) {
			return work;
		}

		CompletableFuture<String> otherStage(CompletableFuture<String> work, LeaseBusyException ex) {
			return CompletableFuture.completedFuture("instead");
		}

		@DistributedLock(name = "patient-with-fallback", fallback = "anything")
		String patientWithFallback(CountDownLatch leave) {
			hold(leave);
			return "ran";
		}

		String anything(CountDownLatch leave, LeaseException ex) {
			return "fallback";
		}

	}

}
